"""What the network in the file gives for a few images."""

import torch

from common import answer, parameters
from network import Split
from peer import read_pixels

p = parameters()
split = Split("forward", torch.load(p["weights"], weights_only=True), classes=1000)
with torch.no_grad():
    answer(logits=split(read_pixels(p["pixels"], p["shape"])).flatten().tolist())
