"""The same network and steps in PyTorch: mlp_torch.py ROOT BATCH EPOCHS THREADS FORM (eager or foreach)."""
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
with gzip.open(root + "/experiments/data/mnist/train-images-idx3-ubyte.gz") as f:
    x = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 784)[:48000]
with gzip.open(root + "/experiments/data/mnist/train-labels-idx1-ubyte.gz") as f:
    y = np.frombuffer(f.read(), np.uint8, offset=8)[:48000]
x = torch.from_numpy(x.astype(np.float32) / 255)
y = torch.from_numpy(y.astype(np.int64))
nn = torch.nn
model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 128),
                      nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
loss_of = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, foreach=form == "foreach")


def train(n):
    model.train()
    for _ in range(n):
        order = torch.randperm(len(x))
        total = correct = 0.0
        for i in range(0, len(x), batch):
            rows = order[i:i + batch]
            xb, yb = x[rows], y[rows]
            optimizer.zero_grad(set_to_none=True)
            out = model(xb)
            loss = loss_of(out, yb)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
            correct += (out.argmax(1) == yb).sum().item()


def evaluate():
    model.eval()
    total = correct = 0.0
    with torch.no_grad():
        for i in range(0, len(x), batch):
            out = model(x[i:i + batch])
            total += loss_of(out, y[i:i + batch]).item() * len(out)
            correct += (out.argmax(1) == y[i:i + batch]).sum().item()


def one_row(n):
    model.eval()
    with torch.no_grad():
        for i in range(n):
            torch.softmax(model(x[i:i + 1]), 1).numpy()


def timed(name, rows, fn, *args):
    begin = time.perf_counter()
    fn(*args)
    print(f"{name}={rows / (time.perf_counter() - begin)}")


train(1)
timed("train", 48000 * epochs, train, epochs)
timed("evaluate", 48000, evaluate)
timed("one_row", 4000, one_row, 4000)
