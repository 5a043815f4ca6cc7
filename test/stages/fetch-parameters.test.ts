import { describe, expect, it } from 'vitest';
import { readFetchParameters } from '../../stages/common/fetch/parameters.ts';

const read = (params: object, unkeyed: object = {}) =>
  readFetchParameters({ params: { seed: 1, ...params } as never, unkeyed: unkeyed as never });

const faultOf = (params: object, unkeyed: object = {}): string => {
  try {
    read(params, unkeyed);
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return `${code}: ${message}\n  ${hint}`;
  }
  return 'no fault';
};

describe('the parameters of fetch', () => {
  it('default to all records from the network', () => {
    expect(read({ dataset: 'mnist' })).toEqual({
      dataset: 'mnist',
      limits: { train: null, test: null },
      batches: [],
      seed: 1,
      mirror: null,
    });
    expect(read({ dataset: 'mnist', fetch: { train: 60_000, test: 1 } }, { mirror: '/data' })).toMatchObject({
      limits: { train: 60_000, test: 1 },
      mirror: '/data',
    });
    expect(read({ dataset: 'glyphs' }, { mirror: '' }).mirror).toBe(null);
  });

  it('put batches in order, and take all five of cifar10 when none are named', () => {
    expect(read({ dataset: 'cifar10', fetch: { batches: [3, 1] } }).batches).toEqual([1, 3]);
    expect(read({ dataset: 'cifar10', fetch: { batches: null } }).batches).toEqual([1, 2, 3, 4, 5]);
  });

  it('say the path, the value and what is allowed of each wrong one', () => {
    expect([
      faultOf({ dataset: 'mnits' }),
      faultOf({ dataset: 'imagenet' }),
      faultOf({}),
      faultOf({ dataset: 'mnist', seed: 0 }),
      faultOf({ dataset: 'mnist', fetch: { train: -5 } }),
      faultOf({ dataset: 'mnist', fetch: { test: 1.5 } }),
      faultOf({ dataset: 'mnist', fetch: { train: 60_001 } }),
      faultOf({ dataset: 'glyphs', fetch: { test: 10_001 } }),
      faultOf({ dataset: 'cifar10', fetch: { train: 10_001, batches: [1] } }),
      faultOf({ dataset: 'cifar10', fetch: { batches: [1, 6] } }),
      faultOf({ dataset: 'cifar10', fetch: { batches: [1, 1] } }),
      faultOf({ dataset: 'cifar10', fetch: { batches: [] } }),
      faultOf({ dataset: 'mnist', fetch: { batches: [1] } }),
      faultOf({ dataset: 'mnist', fetch: { trian: 100 } }),
      faultOf({ dataset: 'mnist', fetch: 100 }),
      faultOf({ dataset: 'mnist' }, { mirror: 7 }),
    ]).toMatchInlineSnapshot(`
      [
        "parameter-invalid: parameter dataset is "mnits"; allowed: glyphs, mnist, fashion-mnist, cifar10
        did you mean "mnist"?",
        "parameter-invalid: parameter dataset is "imagenet"; allowed: glyphs, mnist, fashion-mnist, cifar10
        change it in pipeline.yaml, or for one run with --set dataset=VALUE",
        "parameter-invalid: parameter dataset is missing; allowed: glyphs, mnist, fashion-mnist, cifar10
        change it in pipeline.yaml, or for one run with --set dataset=VALUE",
        "parameter-invalid: parameter seed is 0; allowed: an integer of 1 to 2147483647
        change it in pipeline.yaml, or for one run with --set seed=VALUE",
        "parameter-invalid: parameter fetch.train is -5; allowed: null or an integer of at least 1
        change it in pipeline.yaml, or for one run with --set fetch.train=VALUE",
        "parameter-invalid: parameter fetch.test is 1.5; allowed: null or an integer of at least 1
        change it in pipeline.yaml, or for one run with --set fetch.test=VALUE",
        "parameter-invalid: parameter fetch.train is 60001; allowed: null or an integer of 1 to 60000, all that mnist has
        change it in pipeline.yaml, or for one run with --set fetch.train=VALUE",
        "parameter-invalid: parameter fetch.test is 10001; allowed: null or an integer of 1 to 10000, all that glyphs has
        change it in pipeline.yaml, or for one run with --set fetch.test=VALUE",
        "parameter-invalid: parameter fetch.train is 10001; allowed: null or an integer of 1 to 10000, all that cifar10 has (training batches 1)
        change it in pipeline.yaml, or for one run with --set fetch.train=VALUE",
        "parameter-invalid: parameter fetch.batches is [1,6]; allowed: null or a list of different integers of 1 to 5
        change it in pipeline.yaml, or for one run with --set fetch.batches=VALUE",
        "parameter-invalid: parameter fetch.batches is [1,1]; allowed: null or a list of different integers of 1 to 5
        change it in pipeline.yaml, or for one run with --set fetch.batches=VALUE",
        "parameter-invalid: parameter fetch.batches is []; allowed: null or a list of different integers of 1 to 5
        change it in pipeline.yaml, or for one run with --set fetch.batches=VALUE",
        "parameter-invalid: parameter fetch.batches is [1]; allowed: null: only cifar10 comes in batches, and the dataset is mnist
        change it in pipeline.yaml, or for one run with --set fetch.batches=VALUE",
        "parameter-invalid: parameter fetch.trian is not known; allowed: train, test, batches
        did you mean "train"?",
        "parameter-invalid: parameter fetch is 100; allowed: a map of train, test and batches
        change it in pipeline.yaml, or for one run with --set fetch=VALUE",
        "parameter-invalid: parameter mirror is 7; allowed: null or the path of a folder
        change it in pipeline.yaml, or for one run with --set mirror=VALUE",
      ]
    `);
  });
});
