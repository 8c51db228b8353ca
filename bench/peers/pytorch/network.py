"""torchvision's ResNet-50 cut where training begins, as an expert would write it."""

import copy

import torch
from torch import nn
from torch.fx.experimental.optimization import fuse

from peer import import_torchvision


def imagenet_backbone(path):
    """The state dict in a .pth file without its classification head."""
    return {name: tensor for name, tensor in torch.load(path, weights_only=True).items() if not name.startswith("fc.")}


class Split:
    """`frozen` runs without gradients and in inference mode, `trained` is trained with live BatchNorm."""

    def __init__(self, level, state, classes=10, device="cpu"):
        network = import_torchvision().models.resnet50(num_classes=classes)
        # Without the file's head the new one stays as it was drawn.
        network.load_state_dict(state, strict="fc.weight" in state)
        self.network = network = network.to(device=device, memory_format=torch.channels_last)
        units = [nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool)]
        for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
            units.extend(stage)
        head = nn.Sequential(network.avgpool, nn.Flatten(), network.fc)
        trained_units = {"forward": 0, "head": 0, "layer4.2": 1, "layer4": 3, "everything": len(units)}
        boundary = len(units) - trained_units[level]
        self.frozen = nn.Sequential(*units[:boundary]).eval().requires_grad_(False)
        self.trained = nn.Sequential(*units[boundary:], head).train()
        if level == "forward":
            self.trained.eval()

    def fold(self):
        """Folds each frozen BatchNorm into the convolution before it; in a copy, so that the network is saved whole."""
        self.frozen = fuse(self.frozen).to(memory_format=torch.channels_last)

    def features(self, images):
        with torch.no_grad():
            return self.frozen(images)

    def __call__(self, images):
        return self.trained(self.features(images))


class Masters:
    """float32 copies of parameters that compute in bfloat16: what the optimizer updates."""

    def __init__(self, module):
        self.parameters = [p for p in module.parameters() if p.requires_grad]
        self.masters = [copy.deepcopy(p.detach()).requires_grad_() for p in self.parameters]
        for module_ in module.modules():
            # BatchNorm keeps float32 parameters and statistics: the kernel takes bfloat16 inputs with them.
            if isinstance(module_, (nn.Conv2d, nn.Linear)):
                module_.to(torch.bfloat16)

    def take_gradients(self):
        for parameter, master in zip(self.parameters, self.masters):
            master.grad = parameter.grad.to(master.dtype)
            parameter.grad = None

    @torch.no_grad()
    def give_back(self):
        torch._foreach_copy_(self.parameters, self.masters)
