"""Weight files as their own libraries write and read them.

write FOLDER: residual networks in every form that the reader knows, each `<name>.<suffix>` beside
    `<name>.expected`, the same tensors as [name size, name, bytes size, bytes] in file order.
check FILE: torch.load(weights_only=True) and torchvision's load_state_dict(strict=True) take the file.
"""

import argparse
import copy
import json
import os
import struct
import sys
from collections import OrderedDict

import numpy
import torch

from import_torchvision import torchvision

torch.set_num_threads(1)


def script(model):
    """torch.jit.script, which now and then (1 in 50 here, PyTorch 2.13) takes an attribute for a builtin function: it
    knows those by id(), some of which are another object's by then. A copy's attributes lie elsewhere."""
    for _ in range(5):
        try:
            return torch.jit.script(model)
        except RuntimeError as error:
            if 'builtin cannot be used as a value' not in str(error):
                raise
            model = copy.deepcopy(model)
    return torch.jit.script(model)


class Narrow(torchvision.models.ResNet):
    """torchvision's ResNet-18 with an eighth of the channels: its names and modules in a small file."""

    def __init__(self):
        super().__init__(torchvision.models.resnet.BasicBlock, [2, 2, 2, 2])
        self.fc = torch.nn.Linear(64, 10)

    def _make_layer(self, block, planes, *args, **options):
        return super()._make_layer(block, planes // 8, *args, **options)


def network(seed, dtype=torch.float32):
    torch.manual_seed(seed)
    model = Narrow().eval()
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                drawn = torch.rand_like(tensor) + 0.5 if name.endswith('var') else torch.randn_like(tensor)
                tensor.copy_(drawn)
            else:
                tensor.fill_(seed)
    return model.to(dtype)


def expect(folder, name, state):
    with open(os.path.join(folder, name + '.expected'), 'wb') as file:
        for key, tensor in state.items():
            data = tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
            file.write(struct.pack('<Q', len(key)) + key.encode())
            file.write(struct.pack('<Q', len(data)) + data)


def prefixed(prefix, state, beside=()):
    return OrderedDict([(prefix + name, tensor) for name, tensor in state.items()] + list(beside))


class Lightning(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)


def write(folder):
    def put(name, value, state, **options):
        torch.save(value, os.path.join(folder, name), **options)
        expect(folder, name.split('.')[0], state)

    model = network(1)
    state = model.state_dict()
    put('plain.pth', state, state)
    put('protocol4.pth', state, state, pickle_protocol=4)
    put('legacy.pth', state, state, _use_new_zipfile_serialization=False)
    put('parameters.pth', dict(model.named_parameters()), dict(model.named_parameters()))
    put('parallel.pth', torch.nn.DataParallel(model).state_dict(), state)
    put('compiled.pth', torch.compile(Lightning(model)).state_dict(), state)

    head = torch.nn.Linear(4, 2).state_dict()
    beside = [('fc2.' + name, tensor) for name, tensor in head.items()]
    expected = OrderedDict(list(state.items()) + beside)
    put('detector.pth', prefixed('module.backbone.', state, [('module.' + k, v) for k, v in beside]), expected)

    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 3, 32, 32)).sum().backward()
    optimizer.step()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    checkpoint = {
        'epoch': 7, 'best_acc1': torch.tensor(61.5), 'args': argparse.Namespace(lr=0.1, arch='resnet18'),
        'optimizer': optimizer.state_dict(), 'lr_scheduler': schedule.state_dict(),
        'rng': torch.get_rng_state(),
    }
    checkpoint['accuracy'] = numpy.float64(61.5)
    checkpoint['losses'] = numpy.arange(3.0)
    for key in ('state_dict', 'model', 'model_state_dict', 'net', 'ema'):
        put(f'under_{key}.pth', {**checkpoint, key: prefixed('module.', state)}, state)
    put('under_legacy.pth', {**checkpoint, 'state_dict': state}, state, _use_new_zipfile_serialization=False)

    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        kind = str(dtype).split('.')[1]
        model = network(2, dtype=dtype)
        state = model.state_dict()
        put(f'dtype_{kind}.pth', state, state)
        scripted = script(model)
        torch.jit.save(scripted, os.path.join(folder, f'scripted_{kind}.pt'), _extra_files={'classes.json': 'x' * 5000})
        expect(folder, f'scripted_{kind}', state)
        with torch.no_grad():
            traced = torch.jit.trace(model, torch.zeros(1, 3, 32, 32, dtype=dtype), check_trace=False)
        traced.save(os.path.join(folder, f'traced_{kind}.pt'))
        expect(folder, f'traced_{kind}', state)
        try:
            from safetensors.torch import save_file
        except ImportError:
            continue
        save_file({'model.' + name: tensor for name, tensor in state.items()},
                  os.path.join(folder, f'tensors_{kind}.safetensors'), metadata={'format': 'pt'})
        expect(folder, f'tensors_{kind}', state)
        shards = {}
        for i, (name, tensor) in enumerate(state.items()):
            shards.setdefault(f'model-{kind}-{i % 3}.safetensors', {})[name] = tensor
        for shard, tensors in shards.items():
            save_file(tensors, os.path.join(folder, shard))
        index = {
            'metadata': {'total_size': sum(t.nbytes for t in state.values())},
            'weight_map': {name: shard for shard, tensors in shards.items() for name in tensors},
        }
        with open(os.path.join(folder, f'sharded_{kind}.json'), 'w') as file:
            json.dump(index, file, indent=2)
        expect(folder, f'sharded_{kind}', state)

    scripted = script(Lightning(network(3)))
    scripted.save(os.path.join(folder, 'lightning.pt'))
    expect(folder, 'lightning', scripted.model.state_dict())
    try:
        import timm
    except ImportError:
        return
    torch.manual_seed(4)
    state = timm.create_model('resnet50', pretrained=False).state_dict()
    assert set(state) == set(torchvision.models.resnet50().state_dict())
    put('timm.pth', state, state)


def check(path):
    state = torch.load(path, weights_only=True)
    assert type(state) is OrderedDict, type(state)
    model = torchvision.models.resnet50(weights=None)
    model.load_state_dict(state, strict=True)
    for name, tensor in model.state_dict().items():
        assert tensor.equal(state[name]) and tensor.dtype == state[name].dtype, name
    # Drawn alike on the other side: element i of tensor n is (n * 7919 + i) % 1009 - 504.
    for n, (name, tensor) in enumerate(state.items()):
        expected = (torch.arange(tensor.numel()) + n * 7919) % 1009 - 504
        assert tensor.view(-1).equal(expected.to(tensor.dtype)), name


{'write': write, 'check': check}[sys.argv[1]](sys.argv[2])
print(json.dumps({'torch': torch.__version__, 'torchvision': torchvision.__version__}))
