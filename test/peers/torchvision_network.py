"""torchvision's own network with drawn weights, and PyTorch's layers as its head."""

import torch
from torch import nn

from import_torchvision import torchvision

ACTIVATIONS = {'linear': nn.Identity(), 'relu': nn.ReLU(), 'softmax': nn.Softmax(1), 'sigmoid': nn.Sigmoid()}


class KerasFlatten(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def head_layer(layer, prefix, tensors):
    tensor = lambda part: torch.from_numpy(tensors[f'{prefix}.{part}'])
    match layer['kind']:
        case 'globalAveragePooling':
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case 'flatten':
            return KerasFlatten()
        case 'dropout':
            return nn.Dropout(layer['rate'])
        case 'dense':
            dense = nn.Linear(*reversed(tensor('weight').shape))
            dense.load_state_dict({'weight': tensor('weight'), 'bias': tensor('bias')})
            return nn.Sequential(dense, ACTIVATIONS[layer.get('activation', 'linear')])
        case 'batchNormalization':
            norm = nn.BatchNorm1d(tensor('weight').numel(), eps=layer['epsilon'])
            parts = ['weight', 'bias', 'running_mean', 'running_var']
            norm.load_state_dict({part: tensor(part) for part in parts}, strict=False)
            return norm


def outputs(description, layers, tensors, pixels):
    """Of uint8 pixels [N, height, width, 3], preprocessed as torchvision documents for its weights."""
    head = description['head']
    linear = len(head) == 2 and 'fc.weight' in tensors
    classes = head[-1]['units'] if linear else 1
    network = getattr(torchvision.models, description['architecture'])(weights=None, num_classes=classes)
    state = {name: torch.from_numpy(array) for name, array in tensors.items() if not name.startswith('head.')}
    counters = {name for name in network.state_dict() if name.endswith('num_batches_tracked')}
    expected = set(network.state_dict()) - counters - (set() if linear else {'fc.weight', 'fc.bias'})
    assert set(state) == expected, set(state) ^ expected
    network.load_state_dict(state, strict=False)
    if not linear:
        network = nn.Sequential(
            *list(network.children())[:-2],
            *[head_layer(layer, f'head.{i}', tensors) for i, layer in enumerate(head)],
        )
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    x = torchvision.transforms.functional.normalize(x, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.inference_mode():
        return network.eval()(x).numpy()
