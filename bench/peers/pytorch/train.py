"""Fine-tunes from JPEG files to a saved model, in the way that `variant` names; `cached` is what someone adds to
`tuned` by hand who knows that frozen features never change."""

import torch

import tutorial
from common import CORES, Epochs, answer, parameters
from data import loaders
from tuned import Trainer

p = parameters()
torch.manual_seed(p["seed"])


def tuned():
    data = loaders(p, workers=CORES)
    trainer = Trainer(p, p["level"], len(data["train"].dataset.classes))
    pooled = p["variant"] == "cached" and p["level"] == "head"
    if pooled:
        trainer.trained = trainer.split.network.fc

    def features(part):
        """Batches of what the frozen part gives, and their labels."""
        return ((trainer.features(trainer.upload(images)), labels) for images, labels in data[part])

    kept = {}

    def cached(part):
        """The same from memory, after the first time: pooled where the head alone is trained."""
        if part not in kept:
            found = [(maps.float().mean((2, 3)) if pooled else maps, labels) for maps, labels in features(part)]
            kept[part] = [torch.cat(each).to(p["device"]) for each in zip(*found)]
        inputs, labels = kept[part]
        order = torch.randperm(len(labels)) if part == "train" else torch.arange(len(labels))
        return ((inputs[chosen], labels[chosen]) for chosen in order.to(inputs.device).split(p["batchSize"]))

    batches = cached if p["variant"] == "cached" else features
    for epoch in Epochs(p["epochs"]):
        for inputs, labels in batches("train"):
            trainer.step(inputs, labels)
        epoch.end(trainer.share_right(batches("validation")) if "validation" in data else None)
    return trainer.split.network


network = tutorial.train(p) if p["variant"] == "tutorial" else tuned()
torch.save(network.state_dict(), p["out"])
answer(event="done")
