"""PyTorch's side of docs/from-pytorch.md.

FOLDER holds blocks.json, photos/, model.pth, and pixels.f32: [16, 64, 64, 3], prepared.
"""

from inspect import signature

from document import finish, run

import numpy as np
import torch

from as_trained import as_trained
from import_torchvision import torchvision

SIDE, IMAGES, CLASSES = 64, 16, 10


def defaults(call, *names):
    return [signature(call).parameters[name].default for name in names]


torch.manual_seed(7)
space = {}
images = torch.from_numpy(np.fromfile('pixels.f32', np.float32).reshape(-1, SIDE, SIDE, 3)).permute(0, 3, 1, 2)
labels = torch.arange(IMAGES) % CLASSES
torch.save(as_trained(torchvision.models.resnet50(), images).state_dict(), 'resnet50.pth')

run('Photographs', space)
found = {
    'classes': space['train'].classes,
    'files': [path for path, _ in space['train'].samples],
    'defaults': {
        'adam': defaults(torch.optim.Adam, 'lr', 'betas', 'eps', 'weight_decay'),
        'adamw': defaults(torch.optim.AdamW, 'lr', 'betas', 'eps', 'weight_decay'),
        'sgd': defaults(torch.optim.SGD, 'lr', 'momentum', 'nesterov', 'weight_decay'),
    },
}
run('The network and its head', space)
with torch.no_grad():
    logits = space['model'].eval()(images)
    weight = torch.ones(CLASSES).index_fill(0, torch.tensor([3]), 5.0)
    each = torch.nn.functional.cross_entropy(logits, labels, weight, reduction='none')
    found['weighted'] = [each.mean().item(), torch.nn.functional.cross_entropy(logits, labels, weight).item()]
space['loader'] = [(images, labels)]
run('The loop', space)
found['losses'] = [space['head'], space['deeper']]
statistics = {name: tensor for name, tensor in space['model'].state_dict().items() if 'layer4' in name and 'running' in name}
found['statistics'] = {name: tensor[:8].tolist() for name, tensor in statistics.items()}
run('Files', space)
with torch.no_grad():
    found['opened'] = space['model'].eval()(images).flatten().tolist()
finish(found)
