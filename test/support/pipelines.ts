/** A pipeline around stage instances that were made by hand. */
import { digestBytes } from '../../lib/base/digest.ts';
import type { Pipeline, StageInstance } from '../../lib/model/stage.ts';

export function pipelineOf(instances: readonly StageInstance[]): Pipeline {
  return {
    file: 'pipeline.yaml',
    digest: digestBytes('pipeline'),
    profile: null,
    overrides: [],
    params: {},
    targets: [],
    show: [],
    note: null,
    instances,
  };
}
