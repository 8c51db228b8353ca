"""One photograph through the network, from a process that has just started."""

import torch

from common import event, parameters, upright_photograph
from peer import import_torchvision

p = parameters()
models = import_torchvision().models
model = models.resnet50()
model.load_state_dict(torch.load(p["weights"], weights_only=True))
model.eval().to(p["device"])
prepare = models.ResNet50_Weights.IMAGENET1K_V1.transforms()
with torch.no_grad():
    scores = model(prepare(upright_photograph(p["image"])).unsqueeze(0).to(p["device"]))
event("prediction", index=scores.argmax().item())
