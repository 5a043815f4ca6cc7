"""The peer: the same steps in PyTorch, with two threads and channels last. Prints one line of JSON, as measure.ts does.

Needs Debian's python3-torch, and libopenblas0-pthread for its matrix products.
Arguments: table-a1 or table-a3, batch size, steps, images of an epoch (0: none).
"""
import json
import resource
import sys
import time

import torch

architecture, batch, steps, epoch = sys.argv[1], *map(int, sys.argv[2:5])
torch.set_num_threads(2)
torch.manual_seed(1)
nn = torch.nn


def network():
    layers = []
    if architecture == "table-a1":
        channels, blocks, padding, dense = 1, [[32, 32], [64, 64]], 0, [1024, 200, 200, 10]
    else:
        channels, blocks, padding, dense = 3, [[64] * 2, [128] * 2, [256] * 4, [512] * 4, [512] * 4], 1, [512, 4096, 4096, 10]
    for block in blocks:
        for filters in block:
            layers += [nn.Conv2d(channels, filters, 3, padding=padding), nn.ReLU()]
            channels = filters
        layers += [nn.MaxPool2d(2)]
    layers += [nn.Flatten()]
    for inputs, outputs in zip(dense[:-2], dense[1:-1]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(*dense[-2:])).to(memory_format=torch.channels_last)


model = network()
optimiser = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
shape = (1, 28, 28) if architecture == "table-a1" else (3, 32, 32)


def step(images, labels):
    loss = nn.functional.cross_entropy(model(images), labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def images_of(count):
    return (torch.randint(0, 256, (count, *shape), dtype=torch.uint8), torch.arange(count) % 10)


def load(pixels):
    return (pixels.float() / 255 - 0.5).contiguous(memory_format=torch.channels_last)


pixels, labels = images_of(batch)
step(load(pixels), labels)
times = []
for _ in range(steps):
    began = time.perf_counter()
    step(load(pixels), labels)
    times.append((time.perf_counter() - began) * 1000)

seconds = None
if epoch > 0:
    pixels, labels = images_of(epoch)
    order = torch.randperm(epoch)
    began = time.perf_counter()
    for chosen in order.split(batch):
        step(load(pixels[chosen]), labels[chosen])
    seconds = time.perf_counter() - began

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"identity": f"PyTorch {torch.__version__}, 2 threads, channels last", "steps": times, "iterations": [], "epoch": seconds, "products": None, "peakMiB": peak}))
