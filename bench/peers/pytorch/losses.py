"""The loss of each training step in float32, from the state and the batches that thaw had."""

import torch

from network import Split
from peer import answer, parameters, read_pixels, read_safetensors

p = parameters()
torch.manual_seed(0)
state = read_safetensors(p["state"])
script = torch.jit.load(p["weights"]).state_dict()
differing = [name for name, tensor in script.items() if not name.startswith("fc.") and not torch.equal(tensor, state[name])]

split = Split(p["level"], state)
images = read_pixels(p["pixels"], p["shape"])
if not p["channelsLast"]:
    split.frozen.to(memory_format=torch.contiguous_format)
    split.trained.to(memory_format=torch.contiguous_format)
    images = images.contiguous()
labels = torch.tensor(p["labels"])
batches = list(zip(images.split(p["batchSize"]), labels.split(p["batchSize"])))
# Not the fused kernel that thaw calls: the reference is the formula step by step.
optimizer = torch.optim.Adam(
    [parameter for parameter in split.trained.parameters() if parameter.requires_grad],
    lr=p["learningRate"],
    betas=(0.9, 0.999),
    eps=p["epsilon"],
)
losses = []
for step in range(p["steps"]):
    x, y = batches[step % len(batches)]
    loss = torch.nn.functional.cross_entropy(split(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
answer({"losses": losses, "differing": differing})
