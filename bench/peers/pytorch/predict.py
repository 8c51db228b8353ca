"""One photograph through the network, from a process that has just started."""

import torch
from PIL import Image, ImageOps

from common import answer, parameters
from peer import import_torchvision

p = parameters()
models = import_torchvision().models
model = models.resnet50()
model.load_state_dict(torch.load(p["weights"], weights_only=True))
model.eval().to(p["device"])
prepare = models.ResNet50_Weights.IMAGENET1K_V1.transforms()
photograph = ImageOps.exif_transpose(Image.open(p["image"])).convert("RGB")
with torch.no_grad():
    scores = model(prepare(photograph).unsqueeze(0).to(p["device"]))
answer(event="prediction", index=scores.argmax().item())
