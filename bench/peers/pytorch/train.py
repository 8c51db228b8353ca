"""Fine-tunes from JPEG files to a saved model, in the way that `variant` names; `cached` is what someone adds to
`tuned` by hand who knows that frozen features never change."""

import torch

import tutorial
from common import Epochs, event, parameters
from data import WITH_WORKERS, loaders
from tuned import Trainer

p = parameters()
torch.manual_seed(p["seed"])


def tuned():
    data = loaders(p, **WITH_WORKERS)
    trainer = Trainer(p, p["level"], len(data["train"].dataset.classes))
    features = lambda loader: ((trainer.features(trainer.upload(x)), y) for x, y in loader)
    for epoch in Epochs(p["epochs"]):
        for inputs, labels in features(data["train"]):
            trainer.step(inputs, labels)
        epoch.end(trainer.share_right(features(data["validation"])) if "validation" in data else None)
    return trainer.split.network


def cached():
    data = loaders(p, **WITH_WORKERS)
    trainer = Trainer(p, p["level"], len(data["train"].dataset.classes))
    if p["level"] == "head":
        trainer.trained = trainer.split.network.fc
    kept = {}

    def extract(loader):
        """Features [N, ...] and labels [N] of a folder: pooled where the head alone is trained."""
        inputs, labels = [], []
        for images, batch_labels in loader:
            maps = trainer.features(trainer.upload(images))
            inputs.append(maps.float().mean((2, 3)) if p["level"] == "head" else maps)
            labels.append(batch_labels)
        return torch.cat(inputs), torch.cat(labels).to(p["device"])

    for epoch in Epochs(p["epochs"]):
        if not kept:
            kept = {part: extract(loader) for part, loader in data.items()}
        inputs, labels = kept["train"]
        for chosen in torch.randperm(len(inputs), device=inputs.device).split(p["batchSize"]):
            trainer.step(inputs[chosen], labels[chosen])
        held = kept.get("validation")
        epoch.end(held and trainer.share_right(zip(*(part.split(p["batchSize"]) for part in held))))
    return trainer.split.network


network = {"tutorial": lambda: tutorial.train(p), "cached": cached}.get(p["variant"], tuned)()
torch.save(network.state_dict(), p["out"])
event("done")
