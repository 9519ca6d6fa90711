"""The same network and steps in PyTorch: cnn_torch.py ROOT BATCH EPOCHS THREADS FORM (eager, or foreach:
its best, channels last and one step for all weights)."""
import gzip
import sys
import time

import numpy as np
import torch

root, batch, epochs, threads, form = (sys.argv[1], int(sys.argv[2]), int(sys.argv[3]),
                                      int(sys.argv[4]), sys.argv[5])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)
N = 12000
with gzip.open(root + "/experiments/data/mnist/train-images-idx3-ubyte.gz") as f:
    x = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)[:N]
with gzip.open(root + "/experiments/data/mnist/train-labels-idx1-ubyte.gz") as f:
    y = np.frombuffer(f.read(), np.uint8, offset=8)[:N]
x = torch.from_numpy(x.astype(np.float32) / 255)
y = torch.from_numpy(y.astype(np.int64))
nn = torch.nn
model = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(),
                      nn.MaxPool2d(2), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(),
                      nn.Linear(128, 10))
if form == "foreach":
    model = model.to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last)
loss_of = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, foreach=form == "foreach")


def train(n, rows):
    model.train()
    for _ in range(n):
        order = torch.randperm(rows)
        total = correct = 0.0
        for i in range(0, rows, batch):
            at = order[i:i + batch]
            xb, yb = x[at], y[at]
            optimizer.zero_grad(set_to_none=True)
            out = model(xb)
            loss = loss_of(out, yb)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(at)
            correct += (out.argmax(1) == yb).sum().item()


def evaluate():
    model.eval()
    total = correct = 0.0
    with torch.no_grad():
        for i in range(0, N, batch):
            out = model(x[i:i + batch])
            total += loss_of(out, y[i:i + batch]).item() * len(out)
            correct += (out.argmax(1) == y[i:i + batch]).sum().item()


def timed(name, rows, fn, *args):
    begin = time.perf_counter()
    fn(*args)
    print(f"{name}={rows / (time.perf_counter() - begin)}")


train(1, 1280)
timed("train", N * epochs, train, epochs, N)
timed("evaluate", N, evaluate)
