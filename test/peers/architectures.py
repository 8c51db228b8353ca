"""torchvision's networks with random weights and statistics: writes their files and logits, and reads ours."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file

from import_torchvision import torchvision

SIDE, CLASSES = 64, 5


def drawn_network(name):
    torch.manual_seed(1)
    network = getattr(torchvision.models, name)(weights=None, num_classes=CLASSES).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                torch.nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (module.bias, module.running_mean):
                torch.nn.init.normal_(tensor, 0, 0.1)
    return network


def images():
    return torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))


def write(name, folder):
    network = drawn_network(name)
    torch.save(network.state_dict(), folder / 'theirs.pth')
    images().permute(0, 2, 3, 1).contiguous().numpy().tofile(folder / 'images.bin')
    with torch.inference_mode():
        return {'logits': network(images()).flatten().tolist(), 'side': SIDE}


def read(name, folder):
    """Each of our files as its owner computes it."""
    network = drawn_network(name)
    outputs = {}
    with torch.inference_mode():
        outputs['torchscript'] = torch.jit.load(folder / 'ours.pt')(images())
        for file, state in (
            ('pytorch', torch.load(folder / 'ours.pth', weights_only=True)),
            ('safetensors', load_file(folder / 'ours.safetensors')),
        ):
            network.load_state_dict(state)
            outputs[file] = network(images())
    session = onnxruntime.InferenceSession(folder / 'ours.onnx')
    outputs['onnx'] = session.run(None, {'input': images().numpy()})[0]
    return {file: np.asarray(output).flatten().tolist() for file, output in outputs.items()}


command, name, folder = sys.argv[1:]
print(json.dumps({'write': write, 'read': read}[command](name, Path(folder))))
