import { describe, expect, it } from 'vitest';
import { nearestName } from '../../lib/base/did-you-mean.ts';

describe('nearestName', () => {
  it('offers the nearest name and none that is far', () => {
    expect(nearestName('mnits', ['fashion-mnist', 'mnist', 'cifar10'])).toBe('mnist');
    expect(nearestName('Fetch', ['fetch', 'poison'])).toBe('fetch');
    expect(nearestName('weights', ['fetch', 'poison'])).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});
