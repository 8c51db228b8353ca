"""Transfer learning in PyTorch as a newcomer writes it after the tutorial: float32, one loop over two phases.

Two things differ from the tutorial, as everyone measured here does them alike: Adam in place of SGD, and BatchNorm of
frozen layers in inference mode.
"""

import torch
from torch import nn

from common import Epochs
from data import loaders
from network import imagenet_backbone
from peer import import_torchvision


def train(p):
    data = loaders(p)
    model = import_torchvision().models.resnet50()
    model.load_state_dict(imagenet_backbone(p["weights"]), strict=False)
    if p["level"] != "everything":
        model.requires_grad_(False)
    if p["level"] == "layer4.2":
        model.layer4[2].requires_grad_(True)
    model.fc = nn.Linear(model.fc.in_features, len(data["train"].dataset.classes))
    model = model.to(p["device"])

    criterion = nn.CrossEntropyLoss()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=p["learningRate"], eps=p["epsilon"])
    for epoch in Epochs(p["epochs"]):
        accuracy = None
        for phase, loader in data.items():
            training = phase == "train"
            model.train(training)
            keep_frozen_statistics(model)
            correct = 0
            for images, labels in loader:
                images, labels = images.to(p["device"]), labels.to(p["device"])
                optimizer.zero_grad()
                with torch.set_grad_enabled(training):
                    outputs = model(images)
                    loss = criterion(outputs, labels)
                    if training:
                        loss.backward()
                        optimizer.step()
                correct += (outputs.argmax(1) == labels).sum().item()
            if not training:
                accuracy = correct / len(loader.dataset)
        epoch.end(accuracy)
    return model


def keep_frozen_statistics(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and not module.weight.requires_grad:
            module.eval()
