"""Validation accuracy of a linear head on frozen features, over several seeds.

Without augmentation the features of an image never change, so they are computed once.
"""

import torch

from network import Split
from peer import answer, import_torchvision, parameters, photograph

p = parameters()
split = Split("head", torch.jit.load(p["weights"]).state_dict(), classes=1000)
preprocess = import_torchvision().models.ResNet50_Weights.IMAGENET1K_V1.transforms()


@torch.no_grad()
def features(paths):
    found = []
    for i in range(0, len(paths), 32):
        images = torch.stack([preprocess(photograph(path)) for path in paths[i : i + 32]])
        maps = split.frozen(images.contiguous(memory_format=torch.channels_last))
        found.append(maps.mean((2, 3)))
    return torch.cat(found)


train_x, train_y = features(p["train"]["paths"]), torch.tensor(p["train"]["labels"])
valid_x, valid_y = features(p["validation"]["paths"]), torch.tensor(p["validation"]["labels"])

runs = []
for seed in p["seeds"]:
    torch.manual_seed(seed)
    head = torch.nn.Linear(train_x.shape[1], p["classes"])
    optimizer = torch.optim.Adam(head.parameters(), lr=p["learningRate"])
    accuracies = []
    for _ in range(p["epochs"]):
        for chosen in torch.randperm(len(train_x)).split(p["batchSize"]):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(head(train_x[chosen]), train_y[chosen]).backward()
            optimizer.step()
        with torch.no_grad():
            right = head(valid_x).argmax(1) == valid_y
        accuracies.append(right.float().mean().item())
    runs.append({"seed": seed, "valAccuracy": accuracies})
answer({"runs": runs})
