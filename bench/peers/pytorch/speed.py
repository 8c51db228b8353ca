"""Images a second of PyTorch's eager mode, tuned: see VARIANTS."""

import contextlib
import time

import torch

from network import Masters, Split
from peer import answer, parameters, read_pixels, read_safetensors

# plain:    float32
# autocast: float32 parameters, convolutions computed in bfloat16 by autocast
# cast:     bfloat16 parameters, with float32 masters of the trained ones
# folded:   as `plain` or `cast`, each frozen BatchNorm folded into its convolution
p = parameters()
level, variant = p["level"], p["variant"]
bfloat16 = p["precision"] == "bfloat16"
compute = torch.bfloat16 if bfloat16 else torch.float32

split = Split(level, read_safetensors(p["state"]))
if variant == "folded":
    split.fold()
masters = None
if bfloat16 and variant != "autocast":
    split.frozen.to(torch.bfloat16)
    masters = Masters(split.trained)
autocast = variant == "autocast"
images = read_pixels(p["pixels"], p["shape"])
labels = torch.tensor(p["labels"])
batches = list(zip(images.split(p["batchSize"]), labels.split(p["batchSize"])))
trained = masters.masters if masters else list(split.trained.parameters())
optimizer = torch.optim.Adam(trained, lr=p["learningRate"], eps=p["epsilon"], fused=True)


def precision():
    return torch.autocast("cpu", torch.bfloat16) if autocast else contextlib.nullcontext()


def train(x, y):
    with precision():
        logits = split(x.to(compute))
    loss = torch.nn.functional.cross_entropy(logits.float(), y)
    loss.backward()
    if masters:
        masters.take_gradients()
    optimizer.step()
    if masters:
        masters.give_back()
    optimizer.zero_grad(set_to_none=True)
    return loss.detach()


for x, y in batches:  # left out of the measurement: first calls prepare kernels
    last = train(x, y)
start = time.perf_counter()
for _ in range(p["epochs"]):
    for x, y in batches:
        last = train(x, y)
seconds = time.perf_counter() - start
answer({"imagesPerSecond": p["epochs"] * len(images) / seconds, "finite": bool(last.isfinite().all())})
