"""The same networks and steps in PyTorch: lstm_torch.py NET BATCH THREADS FORM (NET two or long; FORM eager or foreach)."""
import sys
import time

import torch

net, batch, threads, form = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)
nn = torch.nn


class Branch(nn.Module):
    def __init__(self, features, units, sequences):
        super().__init__()
        self.lstm = nn.LSTM(features, units, batch_first=True)
        self.dense = nn.Linear(units, 1)
        self.sequences = sequences

    def forward(self, x):
        h, _ = self.lstm(x)
        return self.dense(h if self.sequences else h[:, -1])


if net == "two":
    n, epochs = 9600, 2
    x = torch.rand(n, 3, 1)
    y = x
    model = nn.ModuleList([Branch(1, 120, True), Branch(1, 150, True)])
else:
    n, epochs = 640, 1
    x = torch.rand(n, 100, 64)
    y = torch.rand(n, 1)
    model = nn.ModuleList([Branch(64, 256, False)])
loss_of = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7, foreach=form == "foreach")


def train(n_epochs):
    model.train()
    for _ in range(n_epochs):
        order = torch.randperm(n)
        total = 0.0
        for i in range(0, n, batch):
            rows = order[i:i + batch]
            xb, yb = x[rows], y[rows]
            optimizer.zero_grad(set_to_none=True)
            loss = sum(loss_of(branch(xb), yb) for branch in model)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)


def evaluate():
    model.eval()
    total = 0.0
    with torch.no_grad():
        for i in range(0, n, batch):
            xb, yb = x[i:i + batch], y[i:i + batch]
            total += sum(loss_of(branch(xb), yb).item() for branch in model) * len(xb)


def timed(name, rows, fn, *args):
    begin = time.perf_counter()
    fn(*args)
    print(f"{name}={rows / (time.perf_counter() - begin)}")


train(1)
timed("train", n * epochs, train, epochs)
timed("evaluate", n, evaluate)
