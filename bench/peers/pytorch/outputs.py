"""Outputs of the TorchScript file in PyTorch, float32: logits of given tensors, probabilities of photographs."""

import numpy
import torch

from peer import answer, import_torchvision, parameters, photograph, read_pixels

p = parameters()
model = torch.jit.load(p["weights"]).eval()
preprocess = import_torchvision().models.ResNet50_Weights.IMAGENET1K_V1.transforms()


def in_batches(count, batch):
    with torch.no_grad():
        return torch.cat([model(batch(range(i, min(i + 16, count)))) for i in range(0, count, 16)])


pixels = read_pixels(p["pixels"], p["shape"])
logits = in_batches(len(pixels), lambda chosen: pixels[list(chosen)])
logits.numpy().astype("<f4").tofile(p["logits"])

paths = p["photographs"]
scores = in_batches(
    len(paths), lambda chosen: torch.stack([preprocess(photograph(paths[i])) for i in chosen])
)
scores.softmax(1).numpy().astype(numpy.float32).tofile(p["probabilities"])
answer({"threads": torch.get_num_threads()})
