/** The published datasets, read through the command line from a mirror of their files: what a user's first real run does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharedData } from '../support/shared-data.ts';
import { digestsOf, makeExperiment } from './experiment-rig.ts';

describe.skipIf(sharedData === null)('published datasets', () => {
  const project = makeExperiment();
  let runs = 0;

  /** What `fetch` makes of a profile: its digest, and what the dataset says of itself. */
  const fetched = async (profile: string, ...sets: string[]) => {
    const args = ['run', 'fetch', '--profile', profile, ...sets.flatMap((set) => ['--set', set])];
    const { code, stdout } = await project.assay(args, { env: { ASSAY_MIRROR: sharedData as string } });
    expect({ code, end: stdout.trimEnd().split('\n').at(-1) }).toEqual({ code: 0, end: '1 stage: 1 ran, <time>' });
    const info = JSON.parse(readFileSync(join(project.root, 'artifacts/view/fetch/data/dataset.json'), 'utf8')) as {
      counts: object;
      perClass: { train: number[]; test: number[] };
      recordsRoot: object;
    };
    return {
      digest: (await digestsOf(project, ++runs))['fetch.data'],
      counts: info.counts,
      perClass: { train: info.perClass.train.join(' '), test: info.perClass.test.join(' ') },
      recordsRoot: info.recordsRoot,
    };
  };

  test('the part of MNIST that mnist-small takes', async () => {
    expect(await fetched('mnist-small')).toMatchInlineSnapshot(`
      {
        "counts": {
          "test": 1000,
          "train": 6000,
        },
        "digest": "sha256:37d4e5c3f3c9cd02c60daebd9e64e81ec3b29893e88daa092189719e754d72e6",
        "perClass": {
          "test": "100 106 108 88 95 86 96 124 99 98",
          "train": "545 650 661 558 601 570 566 613 627 609",
        },
        "recordsRoot": {
          "test": "sha256:21c6e6dc7ea9ad527c22d07417084e8718226d448859d191b26c9f0a49d42b64",
          "train": "sha256:4c0d55c4a6766c152010ae69a23fe670ec3707f03fc821052b9a7a5070ec33bb",
        },
      }
    `);
  });

  test('all of Fashion-MNIST', async () => {
    // 6000 and 1000 of each class, as its authors say.
    expect(await fetched('fashion-small', 'fetch.train=60000', 'fetch.test=10000')).toMatchInlineSnapshot(`
      {
        "counts": {
          "test": 10000,
          "train": 60000,
        },
        "digest": "sha256:54df8088710b45a0433d4e78c831eadf6c704747eaf2294d5f0c89ba03ede3cc",
        "perClass": {
          "test": "1000 1000 1000 1000 1000 1000 1000 1000 1000 1000",
          "train": "6000 6000 6000 6000 6000 6000 6000 6000 6000 6000",
        },
        "recordsRoot": {
          "test": "sha256:d3bbb43d52d84b265a8df1f4610b843373a9bffbeaa1b05d46215d9675e73d46",
          "train": "sha256:5718902b73c752c459a966abb5f858d4f17b4cb118aa15ee25d395e9d0f538d6",
        },
      }
    `);
  });

  test('one training file of CIFAR-10 and its test file', async () => {
    expect(await fetched('cifar-small', 'fetch.train=10000', 'fetch.test=10000')).toMatchInlineSnapshot(`
      {
        "counts": {
          "test": 10000,
          "train": 10000,
        },
        "digest": "sha256:42dbb081fe2ee5ed2dd201370a3de179b100e4c75612a5806522b5fbf1b101dd",
        "perClass": {
          "test": "1000 1000 1000 1000 1000 1000 1000 1000 1000 1000",
          "train": "1005 974 1032 1016 999 937 1030 1001 1025 981",
        },
        "recordsRoot": {
          "test": "sha256:393d8397a260b5c983ec13cd8415c730698713b550ee28444f7da7cc123f0e52",
          "train": "sha256:05b5d75bac8329f3e46ab4dad01c5e773e7a30b98d5e88079e5ae4445e89de58",
        },
      }
    `);
  }, 180_000);
});
