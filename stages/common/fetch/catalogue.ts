/** The published datasets: their files by content digest, and where each may be found. The one table of names, sizes and addresses. */
import type { Shape } from '../../../lib/dataset/split.ts';

/** A file as its authors made it, without any compression that a server or a mirror puts around it. */
export interface Content {
  readonly name: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
}

/** Something to download: one content under compression, or an archive of several. */
export interface Download {
  readonly fileName: string;
  readonly holds: readonly string[];
  /** Tried in this order. */
  readonly addresses: readonly string[];
}

export interface PublishedDataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly shape: Shape;
  readonly counts: { readonly train: number; readonly test: number };
  readonly contents: readonly Content[];
  readonly downloads: readonly Download[];
  /** Folders of a mirror that may hold the files, beside the mirror folder itself. */
  readonly mirrorFolders: readonly string[];
  /** Archives of a mirror that may hold the files; null when it is always files. */
  readonly archivePattern: RegExp | null;
}

export const CIFAR_BATCHES = [1, 2, 3, 4, 5] as const;
export const CIFAR_BATCH_COUNT = 10_000;
export const cifarBatchName = (batch: number): string => `data_batch_${batch}.bin`;
export const CIFAR_TEST_NAME = 'test_batch.bin';

/** In both sets of the MNIST format, the files of a split. */
export const IDX_NAMES = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

export const PUBLISHED_NAMES = ['mnist', 'fashion-mnist', 'cifar10'] as const;
export type PublishedName = (typeof PUBLISHED_NAMES)[number];

/** LeCun, Cortes, Burges. The authors' server refuses most visitors; two copies of its very files serve them. */
const MNIST: PublishedDataset = idxDataset({
  name: 'mnist',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  digests: [
    'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  ],
  bases: [
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'http://yann.lecun.com/exdb/mnist/',
  ],
});

/** Xiao, Rasul, Vollgraf, 2017. */
const FASHION_MNIST: PublishedDataset = idxDataset({
  name: 'fashion-mnist',
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  digests: [
    'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  ],
  bases: [
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
  ],
});

/** Krizhevsky, 2009: the binary version, one archive of five training batches and a test batch. */
const CIFAR10: PublishedDataset = {
  name: 'cifar10',
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  shape: [32, 32, 3],
  counts: { train: 50_000, test: 10_000 },
  contents: [
    ...[
      'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
      'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
      'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
      '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
      '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
    ].map((hex, i) => ({ name: cifarBatchName(i + 1), digest: `sha256:${hex}` })),
    {
      name: CIFAR_TEST_NAME,
      digest: 'sha256:8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
    },
  ],
  downloads: [
    {
      fileName: 'cifar-10-binary.tar.gz',
      holds: [...CIFAR_BATCHES.map(cifarBatchName), CIFAR_TEST_NAME],
      addresses: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
    },
  ],
  mirrorFolders: ['cifar10', 'cifar-10', 'cifar-10-batches-bin'],
  archivePattern: /^cifar-?10.*\.(tar|tar\.gz|tgz|tar\.xz)$/,
};

export const CATALOGUE: Readonly<Record<PublishedName, PublishedDataset>> = {
  mnist: MNIST,
  'fashion-mnist': FASHION_MNIST,
  cifar10: CIFAR10,
};

/** A dataset in MNIST's four files. Digests: training images, training labels, test images, test labels. */
function idxDataset(written: {
  readonly name: string;
  readonly classes: readonly string[];
  readonly digests: readonly [string, string, string, string];
  readonly bases: readonly string[];
}): PublishedDataset {
  const names = [IDX_NAMES.train.images, IDX_NAMES.train.labels, IDX_NAMES.test.images, IDX_NAMES.test.labels];
  return {
    name: written.name,
    classes: written.classes,
    shape: [28, 28, 1],
    counts: { train: 60_000, test: 10_000 },
    contents: names.map((name, i) => ({ name, digest: `sha256:${written.digests[i]}` })),
    downloads: names.map((name) => ({
      fileName: `${name}.gz`,
      holds: [name],
      addresses: written.bases.map((base) => `${base}${name}.gz`),
    })),
    mirrorFolders: [written.name],
    archivePattern: null,
  };
}
