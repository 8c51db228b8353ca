"""As tuned.py, with what someone adds by hand who knows that frozen features never change: a cache of them."""

import torch

from common import Epochs
from data import WITH_WORKERS, loaders
from tuned import features, fused_adam, prepared_split, share_right, step


def train(p):
    data = loaders(p, **WITH_WORKERS)
    split = prepared_split(p, len(data["train"].dataset.classes))
    trained = split.trained
    if p["level"] == "head":
        trained = split.network.fc
    optimizer = fused_adam(p, trained)
    cache = {}
    for epoch in Epochs(p["epochs"]):
        if not cache:
            cache = {part: extract(p, split, loader) for part, loader in data.items()}
        inputs, labels = cache["train"]
        for chosen in torch.randperm(len(inputs)).split(p["batchSize"]):
            step(trained, inputs[chosen], labels[chosen], optimizer)
        held = cache.get("validation")
        epoch.end(held and share_right(trained, zip(*(part.split(p["batchSize"]) for part in held))))
    return split.network


def extract(p, split, loader):
    """Features [N, ...] and labels [N] of a folder: pooled where the head alone is trained."""
    inputs, labels = [], []
    for images, batch_labels in loader:
        maps = features(split, images)
        inputs.append(maps.float().mean((2, 3)) if p["level"] == "head" else maps)
        labels.append(batch_labels)
    return torch.cat(inputs), torch.cat(labels)
