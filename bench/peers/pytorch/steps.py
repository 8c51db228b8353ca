"""Images a second of PyTorch over batches in memory: the network without gradients, or steps of training."""

import itertools

import torch
from torch import nn

from common import answer, parameters, throughput
from network import Split
from peer import read_pixels
from tuned import Trainer, compile_parts

p = parameters()
task, variant, device = p["task"], p["variant"], p["device"]
cuda = device == "cuda"


class Batches:
    """One after another, over and over; on a GPU the next travels while one is computed with."""

    def __init__(self, prepare):
        batches = zip(read_pixels(p["pixels"], p["shape"]).split(p["batchSize"]), torch.tensor(p["labels"]).split(p["batchSize"]))
        self.batches = [(x.pin_memory(), y.pin_memory()) if cuda else (x, y) for x, y in batches]
        self.turns = itertools.cycle(self.batches)
        self.prepare = prepare
        self.stream = torch.cuda.Stream() if cuda else None
        self.next = self.fetch()

    def fetch(self):
        with torch.cuda.stream(self.stream):
            images, labels = next(self.turns)
            return self.prepare(images), labels.to(device, non_blocking=True)

    def take(self):
        if cuda:
            torch.cuda.current_stream().wait_stream(self.stream)
            for part in self.next:
                part.record_stream(torch.cuda.current_stream())
        batch, self.next = self.next, self.fetch()
        return batch


def forward():
    """tutorial: float32, as it comes; tuned: bfloat16, channels-last; compiled: as tuned, through torch.compile."""
    split = Split("forward", torch.load(p["weights"], weights_only=True), 1000, device)
    if cuda:
        split.fold()
    tutorial = variant == "tutorial"
    as_it_is = {"dtype": torch.float32 if tutorial else torch.bfloat16}
    as_it_is["memory_format"] = torch.contiguous_format if tutorial else torch.channels_last
    for part in (split.frozen, split.trained):
        part.to(**as_it_is)
    if variant == "compiled":
        compile_parts(split, cuda)
    batches = Batches(lambda images: images.to(device, non_blocking=True).to(**as_it_is))

    @torch.no_grad()
    def step():
        return split(batches.take()[0]).float().cpu()

    return step, len(batches.batches)


def training():
    trainer = Trainer({**p, "learningRate": 1e-4}, task.split("-")[0], 10, task.endswith("frozen-norm"))
    batches = Batches(trainer.upload)
    count = len(batches.batches)
    if not task.endswith("-cached"):
        def step():
            images, labels = batches.take()
            return trainer.step(trainer.features(images), labels)

        return step, count
    kept = [(trainer.features(images).clone(), labels) for images, labels in (batches.take() for _ in range(count))]
    if task == "head-cached":
        # Kept pooled: nothing is left but the last layer.
        kept, trainer.trained = [(maps.mean((2, 3)), labels) for maps, labels in kept], trainer.split.network.fc
    turns = itertools.cycle(kept)
    return lambda: trainer.step(*next(turns)), count


step, count = forward() if task == "forward" else training()


def run():
    for _ in range(count):
        last = step()
    if not last.isfinite().all().item():  # waits for a GPU as well
        raise RuntimeError("the results are not finite")


answer(imagesPerSecond=throughput(run, p["shape"][0], p["passes"]))
