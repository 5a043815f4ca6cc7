/** The evasion of Carlini and Wagner (2017, section VI-A) on L2: the poison's own search, an aimed class at a time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { imageSizeBytes, selectRecords, type Split } from '../../../lib/dataset/split.ts';
import type { AttackOptions } from '../attack-options.ts';
import { generatePoison } from '../attack.ts';
import type { Model } from '../models.ts';
import type { EvadeParameters } from '../parameters/evade.ts';
import type { Aims } from './aims.ts';

export interface Moved {
  /** uint8, in the order of the sources. */
  readonly images: Uint8Array;
  /** Of each image, before its pixels were rounded to be stored. */
  readonly reached: readonly boolean[];
}

/**
 * The nearest image found of each source that reaches its aim. The search knows one class for a whole batch, so that sources are taken
 * by their aim; what comes out does not depend on this, since each image is searched for itself.
 */
export async function moveNearest(
  model: Model,
  sources: Split,
  aims: Aims,
  parameters: EvadeParameters,
  checkpointFolder: string,
  progress: (done: number, total: number) => void = () => {},
): Promise<Moved> {
  const size = imageSizeBytes(sources.shape);
  const images = new Uint8Array(sources.images.length);
  const reached = new Array<boolean>(sources.count).fill(false);
  let done = 0;
  for (const aimed of [...new Set(aims.classes)].sort((a, b) => a - b)) {
    const indexes = [...aims.classes.keys()].filter((i) => aims.classes[i] === aimed);
    const folder = join(checkpointFolder, `class-${aimed}`);
    mkdirSync(folder, { recursive: true });
    const options: AttackOptions = {
      ...parameters,
      objective: aims.isTargeted ? 'margin-toward' : 'margin-away',
      chosen: aimed,
      epsilon: 0,
    };
    const moved = await generatePoison(model, selectRecords(sources, indexes), options, folder);
    indexes.forEach((index, i) => {
      images.set(moved.images.subarray(i * size, (i + 1) * size), index * size);
      reached[index] = moved.reached[i]!;
    });
    progress((done += indexes.length), sources.count);
  }
  return { images, reached };
}
