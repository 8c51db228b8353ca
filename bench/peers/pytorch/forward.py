"""Images a second of the whole network, without gradients, from pixels in memory."""

import torch

from common import event, parameters, throughput
from network import Split
from peer import read_pixels

p = parameters()
split = Split("forward", torch.load(p["weights"], weights_only=True), classes=1000)
images = read_pixels(p["pixels"], p["shape"])
network = split.network.eval()
if p["variant"] == "tutorial":
    network = network.to(memory_format=torch.contiguous_format)
    images = images.contiguous()
else:
    network = network.to(torch.bfloat16)
    images = images.to(torch.bfloat16, memory_format=torch.channels_last)
if p["variant"] == "compiled":
    torch._inductor.config.freezing = True
    network = torch.compile(network, dynamic=False)
batches = images.split(p["batchSize"])


@torch.no_grad()
def run():
    for batch in batches:
        network(batch).float()


event("done", imagesPerSecond=throughput(run, len(images), p["passes"]))
