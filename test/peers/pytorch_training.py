"""PyTorch's side of test/model/pytorch.test.ts: FOLDER draw | FOLDER compute.

draw:    FOLDER/network.pt, a ResNet-50 as training leaves it, and FOLDER/photographs/*.jpg of several shapes.
compute: from FOLDER/job.json, of the TorchScript file: probabilities of photographs that torchvision prepares, logits of
         the first of them as tensors (FOLDER/pixels.f32), and the losses of training from FOLDER/LEVEL.pth.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import nn

from as_trained import as_trained
from import_torchvision import torchvision

prepare = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()
# So many modules before the head are trained: of the stem's four and the blocks.
TRAINED = {'head': 0, 'layer4.2': 1, 'everything': 20}


def photograph(path):
    with Image.open(path) as image:
        return prepare(ImageOps.exif_transpose(image).convert('RGB'))


def draw(folder):
    random = np.random.default_rng(7)
    torch.manual_seed(7)
    photographs = folder / 'photographs'
    photographs.mkdir()
    for i, (width, height) in enumerate([(400, 533), (533, 400), (320, 240), (224, 224), (256, 300), (700, 300)] * 2):
        coarse = Image.fromarray(random.integers(0, 256, (5 + i, 7, 3), np.uint8))
        coarse.resize((width, height), Image.Resampling.BICUBIC).save(photographs / f'{i:02}.jpg', quality=90)
    network = torchvision.models.resnet50()
    images = torch.stack([photograph(path) for path in sorted(photographs.iterdir())])
    as_trained(network, images)
    with torch.no_grad():
        torch.jit.trace(network, images[:2]).save(folder / 'network.pt')


@torch.no_grad()
def outputs(folder, model, photographs, tensors):
    batches = [photographs[i : i + 16] for i in range(0, len(photographs), 16)]
    images = torch.stack([photograph(path) for path in photographs[:tensors]])
    images.permute(0, 2, 3, 1).contiguous().numpy().tofile(folder / 'pixels.f32')
    logits = torch.cat([model(batch) for batch in images.split(16)])
    scores = [model(torch.stack([photograph(path) for path in batch])).softmax(1) for batch in batches]
    logits.numpy().tofile(folder / 'logits.f32')
    torch.cat(scores).numpy().tofile(folder / 'probabilities.f32')
    return images


def losses(folder, images, layout, job, level, backbone):
    state = torch.load(folder / f'{level}.pth', weights_only=True)
    differing = [name for name, tensor in backbone.items() if not torch.equal(tensor, state[name])]
    assert not differing, f'The state handed over is not that of the file: {differing}'
    network = torchvision.models.resnet50(num_classes=job['classes'])
    network.load_state_dict(state, strict=False)  # the counters of batches alone are missing
    network.to(memory_format=layout)
    stages = [network.layer1, network.layer2, network.layer3, network.layer4]
    modules = [network.conv1, network.bn1, network.relu, network.maxpool, *(block for stage in stages for block in stage)]
    boundary = len(modules) - TRAINED[level]
    frozen = nn.Sequential(*modules[:boundary]).eval().requires_grad_(False)
    trained = nn.Sequential(*modules[boundary:], network.avgpool, nn.Flatten(), network.fc).train()
    # Not the fused kernel that thaw calls: the reference is the formula step by step.
    parameters = [parameter for parameter in trained.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=job['learningRates'][level], eps=job['epsilon'], fused=False)
    labels = torch.arange(len(images)) % job['classes']
    batches = list(zip(images.contiguous(memory_format=layout).split(job['batchSize']), labels.split(job['batchSize'])))
    found = []
    for step in range(job['steps']):
        x, y = batches[step % len(batches)]
        loss = nn.functional.cross_entropy(trained(frozen(x)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def compute(folder):
    job = json.loads((folder / 'job.json').read_text())
    model = torch.jit.load(job['weights']).eval()
    images = outputs(folder, model, job['photographs'], job['tensors'])[: job['batches'] * job['batchSize']]
    backbone = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.startswith('fc.') and not name.endswith('num_batches_tracked')
    }
    layouts = {'channelsLast': torch.channels_last, 'contiguous': torch.contiguous_format}
    return {
        level: {name: losses(folder, images, layout, job, level, backbone) for name, layout in layouts.items()}
        for level in job['learningRates']
    }


folder = Path(sys.argv[1])
print(json.dumps({'draw': draw, 'compute': compute}[sys.argv[2]](folder)))
