"""Fine-tuning as an expert tunes it: channels-last, bfloat16, the frozen part as inference, fused Adam. In bfloat16 the
frozen part has its weights in it, and the rest is computed under autocast. `variant` says what else:

cast:     bfloat16 parameters with float32 masters     folded:   as cast, frozen BatchNorms folded
compiled: through torch.compile
On a GPU frozen BatchNorms are folded in everyone's bfloat16.
"""

import torch
from torch import nn

from network import Masters, Split, imagenet_backbone


class Trainer:
    def __init__(self, p, level, classes, freeze_norms=False):
        variant, self.device = p["variant"], p["device"]
        cuda = self.device != "cpu"
        self.compute = torch.float32 if p.get("precision") == "float32" else torch.bfloat16
        half = self.compute == torch.bfloat16
        masters = half and not cuda and variant in ("cast", "folded")
        self.autocast = half and not masters
        torch.backends.cudnn.benchmark = True
        self.split = split = Split(level, imagenet_backbone(p["weights"]), classes, self.device)
        if freeze_norms:
            for module in split.trained.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval().requires_grad_(False)
        if variant == "folded" or (cuda and half):
            split.fold()
        if half:
            split.frozen.to(self.compute)
        self.masters = Masters(split.trained) if masters else None
        of = self.masters.masters if masters else [each for each in split.trained.parameters() if each.requires_grad]
        self.optimizer = torch.optim.Adam(of, lr=p["learningRate"], eps=p["epsilon"], fused=True)
        self.trained = split.trained
        self.compiled = variant == "compiled"
        if self.compiled:
            compile_parts(split, cuda)
            self.trained = split.trained

    def mixed(self):
        return torch.autocast(self.device, torch.bfloat16, enabled=self.autocast)

    def upload(self, images):
        """[N, 3, H, W] to where it is computed with."""
        images = images.to(self.device, non_blocking=True)
        return images.to(self.compute, memory_format=torch.channels_last)

    def features(self, images):
        if self.compiled:
            torch.compiler.cudagraph_mark_step_begin()
        return self.split.features(images)

    def step(self, inputs, labels):
        with self.mixed():
            outputs = self.trained(inputs)
        loss = nn.functional.cross_entropy(outputs.float(), labels.to(self.device, non_blocking=True))
        loss.backward()
        if self.masters:
            self.masters.take_gradients()
        self.optimizer.step()
        if self.masters:
            self.masters.give_back()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    @torch.no_grad()
    def share_right(self, batches):
        """Of inputs of the trained part, with their labels."""
        self.trained.eval()
        right = total = 0
        for inputs, labels in batches:
            with self.mixed():
                right += (self.trained(inputs).argmax(1) == labels.to(self.device)).sum().item()
            total += len(labels)
        self.trained.train()
        return right / total


def compile_parts(split, cuda):
    if not cuda:
        # Lets the compiler fold the frozen weights into the graph; it holds for graphs without gradients alone.
        torch._inductor.config.freezing = True
    how = {"mode": "max-autotune"} if cuda else {"dynamic": False}
    if next(split.frozen.parameters(), None) is not None:
        split.frozen = torch.compile(split.frozen, **how)
    split.trained = torch.compile(split.trained, **how)
