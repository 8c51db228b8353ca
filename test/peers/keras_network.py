"""Keras' own network with drawn weights, and Keras' layers as its head."""

import keras
import numpy as np


def head_layer(layer):
    match layer['kind']:
        case 'globalAveragePooling':
            return keras.layers.GlobalAveragePooling2D()
        case 'flatten':
            return keras.layers.Flatten()
        case 'dropout':
            return keras.layers.Dropout(layer['rate'])
        case 'dense':
            return keras.layers.Dense(layer['units'], activation=layer.get('activation', 'linear'))
        case 'batchNormalization':
            return keras.layers.BatchNormalization(epsilon=layer['epsilon'])


def kernel_of(layer, tensors):
    weight = tensors[f"{layer['tensors']}.weight"]
    if weight.ndim == 2:
        return weight.T
    # Keras' first convolution takes blue first.
    return np.transpose(weight[:, ::-1] if layer['name'] == 'conv1_conv' else weight, (2, 3, 1, 0))


def outputs(description, layers, tensors, pixels):
    """Of uint8 RGB pixels [N, height, width, 3], preprocessed by Keras' own function."""
    make = getattr(keras.applications, description['architecture'].replace('resnet', 'ResNet'))
    base = make(weights=None, include_top=False, input_shape=pixels.shape[1:])
    x = base.output
    head = [head_layer(layer) for layer in description['head']]
    for layer in head:
        x = layer(x)
    network = keras.Model(base.input, x)
    for own, layer in zip(network.layers, layers, strict=True):
        if layer['type'] in ('Conv2D', 'Dense'):
            bias = tensors[f"{layer['tensors']}.bias"]
            own.set_weights([kernel_of(layer, tensors), bias])
        elif layer['type'] == 'BatchNormalization':
            parts = ['weight', 'bias', 'running_mean', 'running_var']
            own.set_weights([tensors[f"{layer['tensors']}.{part}"] for part in parts])
    x = keras.applications.resnet.preprocess_input(pixels.astype(np.float32))
    return np.asarray(network(x, training=False))
