"""The libraries that own the formats: `make FOLDER` writes files with each and what it computes; `check FOLDER` opens
the files that thaw has written and prints what each computes. Inputs are preprocessed, [2, 64, 64, 3] in RGB."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import safetensors
import safetensors.torch
import torch

from import_torchvision import torchvision

SIDE, CLASSES = 64, 10
folder = Path(sys.argv[2])


def flat(outputs):
    return np.asarray(outputs, np.float32).flatten().tolist()


def channels_first(images):
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def drawn_keras(random):
    """keras.applications' network with a dense head; weights and statistics unlike those of a new one."""
    base = keras.applications.ResNet50(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(CLASSES, activation='softmax')]
    model = keras.Sequential([base, *head])
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # Small where a block ends, else rounding grows from block to block.
            low, high = (0.1, 0.3) if layer.name.endswith('_3_bn') else (0.5, 1.5)
            shape = layer.gamma.shape
            layer.gamma.assign(random.uniform(low, high, shape))
            layer.beta.assign(random.normal(0, 0.1, shape))
            layer.momentum = 0.0
        elif isinstance(layer, keras.layers.Conv2D):
            layer.bias.assign(random.normal(0, 0.1, layer.bias.shape))
    base(random.normal(0, 50, (8, SIDE, SIDE, 3)).astype('float32'), training=True)
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.99
    return model


def drawn_torchvision():
    model = torchvision.models.resnet50(num_classes=CLASSES)
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                low, high = (0.1, 0.3) if name.endswith('bn3') else (0.5, 1.5)
                module.weight.uniform_(low, high)
                module.bias.normal_(0, 0.1)
                module.momentum = None  # the statistics of what it is shown
        model.train()(torch.randn(8, 3, SIDE, SIDE))
    return model.eval()


def make():
    random = np.random.default_rng(3)
    torch.manual_seed(3)
    keras.utils.set_random_seed(3)
    normal, centred = random.normal(0, 1, (2, SIDE, SIDE, 3)), random.normal(0, 50, (2, SIDE, SIDE, 3))
    images = {'torchvision': normal.astype('float32'), 'keras': centred.astype('float32')}
    for variant, values in images.items():
        values.tofile(folder / f'{variant}.f32')
    outputs = {}
    model = drawn_keras(random)
    for name in ['keras.keras', 'keras.h5']:
        model.save(folder / name)
    model.save_weights(folder / 'keras.weights.h5')
    outputs['keras'] = flat(model.predict(images['keras'][..., ::-1], verbose=0))
    network = drawn_torchvision()
    x = channels_first(images['torchvision'])
    torch.save(network.state_dict(), folder / 'torch.pth')
    torch.save(network.state_dict(), folder / 'torch-legacy.pth', _use_new_zipfile_serialization=False)
    torch.save({'epoch': 3, 'state_dict': {f'module.{k}': v for k, v in network.state_dict().items()}}, folder / 'torch-checkpoint.pth')
    torch.jit.script(network).save(folder / 'torch-scripted.pt')
    torch.jit.trace(network, x).save(folder / 'torch-traced.pt')
    safetensors.torch.save_file(network.state_dict(), folder / 'torch.safetensors')
    with torch.inference_mode():
        outputs['torchvision'] = flat(network(x))
    versions = {
        'Keras': keras.__version__,
        'PyTorch': torch.__version__.split('+')[0],
        'torchvision': torchvision.__version__.split('+')[0],
        'safetensors': safetensors.__version__,
        'onnxruntime': onnxruntime.__version__,
    }
    print(json.dumps({'outputs': outputs, 'versions': versions}))


def check():
    found = {}
    for variant in ['torchvision', 'keras']:
        images = np.fromfile(folder / f'{variant}.f32', np.float32).reshape(2, SIDE, SIDE, 3)
        x = channels_first(images)
        with torch.inference_mode():
            found[f'{variant}.pt'] = flat(torch.jit.load(folder / f'out-{variant}.pt')(x))
            if variant == 'torchvision':
                for name, state in {
                    'torchvision.pth': torch.load(folder / 'out-torchvision.pth', weights_only=True),
                    'torchvision.safetensors': safetensors.torch.load_file(folder / 'out-torchvision.safetensors'),
                }.items():
                    network = torchvision.models.resnet50(num_classes=CLASSES)
                    network.load_state_dict(state, strict=True)
                    found[name] = flat(network.eval()(x))
        session = onnxruntime.InferenceSession(folder / f'out-{variant}.onnx')
        found[f'{variant}.onnx'] = flat(session.run(None, {'input': x.numpy()})[0])
        taken = images[..., ::-1] if variant == 'keras' else images
        for suffix in ['keras', 'h5']:
            model = keras.saving.load_model(folder / f'out-{variant}.{suffix}', compile=False)
            found[f'{variant}.{suffix}'] = flat(model.predict(taken, verbose=0))
        if variant == 'keras':
            own = keras.applications.ResNet50(weights=None, classes=CLASSES, input_shape=(SIDE, SIDE, 3))
            own.load_weights(folder / 'out-keras.weights.h5')
            found['keras.weights.h5'] = flat(own.predict(taken, verbose=0))
    print(json.dumps(found))


{'make': make, 'check': check}[sys.argv[1]]()
