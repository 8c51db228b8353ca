"""Fine-tuning as an expert tunes it: bfloat16, channels-last, the frozen part as inference, workers, fused Adam."""

import torch

from common import Epochs
from data import WITH_WORKERS, loaders
from network import Split, imagenet_backbone


def train(p):
    data = loaders(p, **WITH_WORKERS)
    split = prepared_split(p, len(data["train"].dataset.classes))
    if p["variant"] == "compiled":
        compile_parts(split)
    optimizer = fused_adam(p, split.trained)
    for epoch in Epochs(p["epochs"]):
        for images, labels in data["train"]:
            step(split.trained, features(split, images), labels, optimizer)
        epoch.end(accuracy(split, data.get("validation")))
    return split.network


def prepared_split(p, classes):
    split = Split(p["level"], imagenet_backbone(p["weights"]), classes)
    split.frozen.to(torch.bfloat16)
    return split


def compile_parts(split):
    # Lets the compiler fold the frozen weights into the graph; it holds for graphs without gradients alone.
    torch._inductor.config.freezing = True
    if len(split.frozen) > 0:
        split.frozen = torch.compile(split.frozen, dynamic=False)
    split.trained = torch.compile(split.trained, dynamic=False)


def fused_adam(p, module):
    return torch.optim.Adam(module.parameters(), lr=p["learningRate"], eps=p["epsilon"], fused=True)


def features(split, images):
    return split.features(images.to(torch.bfloat16, memory_format=torch.channels_last))


def step(trained, inputs, labels, optimizer):
    trained.train()
    with torch.autocast("cpu", torch.bfloat16):
        outputs = trained(inputs)
    loss = torch.nn.functional.cross_entropy(outputs.float(), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def accuracy(split, loader):
    return None if loader is None else share_right(split.trained, ((features(split, x), y) for x, y in loader))


@torch.no_grad()
def share_right(trained, batches):
    trained.eval()
    right = total = 0
    for inputs, labels in batches:
        with torch.autocast("cpu", torch.bfloat16):
            right += (trained(inputs).argmax(1) == labels).sum().item()
        total += len(labels)
    return right / total
