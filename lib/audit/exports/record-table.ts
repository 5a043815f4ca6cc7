/** The records of a dataset as CSV (RFC 4180, but lines end in LF): `split,index,label,sha256`, a line a record. */
import { SPLIT_NAMES, type Dataset } from '../../dataset/dataset.ts';
import { digestAt, recordDigests } from '../../dataset/record-digest.ts';

/** 70,000 records of MNIST are 5.5 MB. */
export function recordTable(dataset: Dataset): Buffer {
  const lines = ['split,index,label,sha256'];
  for (const name of SPLIT_NAMES) {
    const split = dataset[name];
    if (split === null) continue;
    const digests = recordDigests(split);
    for (let i = 0; i < split.count; i++) {
      lines.push(`${name},${i},${split.labels[i]},${Buffer.from(digestAt(digests, i)).toString('hex')}`);
    }
  }
  return Buffer.from(`${lines.join('\n')}\n`, 'utf8');
}
