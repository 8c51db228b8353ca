"""Keras' side of the transfer-learning recipe, step by step, on one batch.

Writes FOLDER/start.safetensors (the network before the first step, under torchvision's names, taking RGB) and
FOLDER/images.f32 (the batch as [N, H, W, 3] in RGB), and prints the loss of every step.
"""
import json
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import keras
import numpy as np
from safetensors.numpy import save_file

SIDE, IMAGES, CLASSES, STEPS = 96, 16, 10, 30
folder, unfrozen = sys.argv[1], int(sys.argv[2])
random = np.random.default_rng(7)
keras.utils.set_random_seed(7)

base = keras.applications.ResNet50(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
model = keras.Sequential(
    [
        base,
        keras.layers.Flatten(),
        keras.layers.Dense(256, activation='relu'),
        keras.layers.Dropout(0.0),
        keras.layers.Dense(CLASSES, activation='softmax'),
    ]
)
# BGR, mean subtracted. Every picture comes with four labels: the loss stays well above zero, where float32 holds
# only its first digits.
images = np.repeat(random.normal(0, 50, (IMAGES // 4, SIDE, SIDE, 3)), 4, axis=0).astype('float32')
labels = np.arange(IMAGES) % CLASSES

# A network as training leaves it: scales and shifts of its own, small ones where a block ends (else rounding grows
# from block to block), statistics of what it is shown.
norms = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
for norm in norms:
    low, high = (0.1, 0.3) if norm.name.endswith('_3_bn') else (0.5, 1.5)
    norm.gamma.assign(random.uniform(low, high, norm.gamma.shape))
    norm.beta.assign(random.normal(0, 0.1, norm.beta.shape))
    norm.momentum = 0.0
for layer in base.layers:
    if isinstance(layer, keras.layers.Conv2D):
        layer.bias.assign(random.normal(0, 0.1, layer.bias.shape))
base(images, training=True)
for norm in norms:
    norm.momentum = 0.99

model.trainable = True
for layer in base.layers:
    layer.trainable = False
for layer in base.layers[len(base.layers) - unfrozen :]:
    layer.trainable = True
model.compile(optimizer=keras.optimizers.Adam(1e-4), loss='sparse_categorical_crossentropy')


def module(name):
    if name.startswith('conv1_'):
        return 'conv1' if name == 'conv1_conv' else 'bn1'
    stage, block, number, kind = name.split('_')
    prefix = f'layer{int(stage[4:]) - 1}.{int(block[5:]) - 1}.'
    if number == '0':
        return prefix + ('downsample.0' if kind == 'conv' else 'downsample.1')
    return prefix + kind + number


tensors = {}
for layer in base.layers:
    if isinstance(layer, keras.layers.Conv2D):
        kernel = layer.kernel.numpy().transpose(3, 2, 0, 1)
        if layer.name == 'conv1_conv':
            kernel = kernel[:, ::-1]
        tensors[module(layer.name) + '.weight'] = np.ascontiguousarray(kernel)
        tensors[module(layer.name) + '.bias'] = layer.bias.numpy()
    elif isinstance(layer, keras.layers.BatchNormalization):
        fields = [layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance]
        for field, value in zip(['weight', 'bias', 'running_mean', 'running_var'], fields):
            tensors[f'{module(layer.name)}.{field}'] = value.numpy()
for index in [1, 3]:
    dense = model.layers[1 + index]
    tensors[f'head.{index}.weight'] = np.ascontiguousarray(dense.kernel.numpy().T)
    tensors[f'head.{index}.bias'] = dense.bias.numpy()
description = {
    'version': 1,
    'architecture': 'resnet50',
    'variant': 'keras',
    'head': [
        {'kind': 'flatten'},
        {'kind': 'dense', 'units': 256, 'activation': 'relu'},
        {'kind': 'dropout', 'rate': 0},
        {'kind': 'dense', 'units': CLASSES, 'activation': 'softmax'},
    ],
    'classes': [],
    'preprocessing': {'height': SIDE, 'width': SIDE, 'resize': 110, 'mean': [0, 0, 0], 'std': [1, 1, 1]},
}
save_file(tensors, os.path.join(folder, 'start.safetensors'), {'thaw': json.dumps(description)})
held_out = (images[::2] + random.normal(0, 10, (IMAGES // 2, SIDE, SIDE, 3))).astype('float32')
images[..., ::-1].tofile(os.path.join(folder, 'images.f32'))
held_out[..., ::-1].tofile(os.path.join(folder, 'validation.f32'))

predictions = model.predict(images, verbose=0)
run = {'predictions': predictions.flatten().tolist(), 'loss': [], 'valLoss': []}
# Two calls: the second goes on. Weights of classes weigh training alone.
for first, last in [(0, 20), (20, STEPS)]:
    history = model.fit(
        images,
        labels,
        batch_size=IMAGES,
        initial_epoch=first,
        epochs=last,
        shuffle=False,
        class_weight={**{index: 1.0 for index in range(CLASSES)}, 3: 5.0},
        validation_data=(held_out, labels[::2]),
        verbose=0,
    )
    run['loss'] += history.history['loss']
    run['valLoss'] += history.history['val_loss']
print(json.dumps(run))
