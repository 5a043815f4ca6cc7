"""What `assay audit diff A B` has to do at least, in Python: the yardstick of its time.

Reads the two dataset folders of MNIST (as `assay export` writes them), digests each record with hashlib, takes the difference of the two
multisets, and finds with numpy's matrix product the nearest original of the first 100 new records. It verifies nothing: no blob, no
claim of dataset.json, no Merkle root, no duplicates, no order.

    python bench/audit-diff.py A B && npx assay audit diff ./A ./B
"""

import collections
import hashlib
import sys
import time

import numpy as np


def read(folder, split):
    images = np.fromfile(f"{folder}/{split}-images.idx", np.uint8)[16:].reshape(-1, 784)
    return images, np.fromfile(f"{folder}/{split}-labels.idx", np.uint8)[8:]


def digests(images, labels):
    return [hashlib.sha256(bytes([label]) + image.tobytes()).digest() for image, label in zip(images, labels)]


start = time.perf_counter()
for split in ("train", "test"):
    (a, a_labels), (b, b_labels) = read(sys.argv[1], split), read(sys.argv[2], split)
    known = collections.Counter(digests(a, a_labels))
    new = []
    for index, digest in enumerate(digests(b, b_labels)):
        if known[digest] > 0:
            known[digest] -= 1
        else:
            new.append(index)
    print(f"{split}: {len(new)} new, {sum(known.values())} gone")
    looked = b[new[:100]].astype(np.float32)
    if len(looked) > 0:
        originals = a.astype(np.float32)
        squared = (looked**2).sum(1)[:, None] - 2 * looked @ originals.T + (originals**2).sum(1)
        print(f"mean distance of {len(looked)} to the nearest: {np.sqrt(squared.min(1)).mean() / 255:.3f}")
print(f"{time.perf_counter() - start:.2f} s, without the start of Python")
