"""What every Python peer shares: parameters in, lines of JSON out, tensors from raw files."""

import json
import os
import sys
import time

import numpy

CORES = len(os.sched_getaffinity(0))


def parameters():
    with open(sys.argv[1], encoding="utf-8") as file:
        return json.load(file)


def answer(**fields):
    """A line such as `thaw train --json` prints."""
    print(json.dumps(fields), flush=True)


class Epochs:
    """Tells of each epoch how long it took; use as `for epoch in Epochs(count): ...; epoch.end(accuracy)`."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        for self.number in range(1, self.count + 1):
            self.start = time.perf_counter()
            yield self

    def end(self, accuracy):
        seconds = time.perf_counter() - self.start
        answer(event="epoch", epoch=self.number, epochSeconds=seconds, valAccuracy=accuracy)


def read_pixels(path, shape):
    """Raw float32 [N, H, W, 3]."""
    return numpy.fromfile(path, dtype="<f4").reshape(shape)


def throughput(run, count, passes):
    """Images a second over `passes` calls of run(), which does `count` images; the first call is left out."""
    run()
    start = time.perf_counter()
    for _ in range(passes):
        run()
    return passes * count / (time.perf_counter() - start)
