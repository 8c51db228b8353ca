"""torchvision's ResNet-50 as a Keras graph: explicit padding, the stride in the 3x3 convolution, no biases.

keras.applications has another graph; with this one the same weights give the same outputs.
"""

import keras
from keras import layers

BLOCKS = {"layer1": (64, 3, 1), "layer2": (128, 4, 2), "layer3": (256, 6, 2), "layer4": (512, 3, 2)}


def resnet50(classes=1000):
    """[N, 224, 224, 3], normalised -> logits [N, classes]; layers have torchvision's names, with _ for the dot."""
    images = keras.Input((224, 224, 3))
    x = convolution(images, "conv1", "bn1", 64, 7, 2)
    x = layers.ReLU()(x)
    # After a ReLU a zero at the border is what PyTorch's padding with minus infinity comes to.
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for stage, (width, count, stride) in BLOCKS.items():
        for i in range(count):
            x = bottleneck(x, f"{stage}_{i}", width, stride if i == 0 else 1, project=i == 0)
    x = layers.GlobalAveragePooling2D(name="avgpool")(x)
    return keras.Model(images, layers.Dense(classes, name="fc")(x))


def bottleneck(x, name, width, stride, project):
    y = layers.ReLU()(convolution(x, f"{name}_conv1", f"{name}_bn1", width, 1, 1))
    y = layers.ReLU()(convolution(y, f"{name}_conv2", f"{name}_bn2", width, 3, stride))
    y = convolution(y, f"{name}_conv3", f"{name}_bn3", 4 * width, 1, 1)
    if project:
        x = convolution(x, f"{name}_downsample_0", f"{name}_downsample_1", 4 * width, 1, stride)
    return layers.ReLU()(layers.Add()([x, y]))


def convolution(x, name, norm, filters, size, stride):
    if size > 1:
        x = layers.ZeroPadding2D(size // 2)(x)
    x = layers.Conv2D(filters, size, stride, use_bias=False, name=name)(x)
    # Keras' momentum is the share that stays: 1 - PyTorch's.
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=norm)(x)


def set_weights(model, state):
    """From torchvision's arrays by name."""
    for layer in model.layers:
        name = layer.name.replace("_", ".")
        if isinstance(layer, layers.Conv2D):
            layer.set_weights([state[f"{name}.weight"].transpose(2, 3, 1, 0)])
        elif isinstance(layer, layers.Dense):
            layer.set_weights([state[f"{name}.weight"].T, state[f"{name}.bias"]])
        elif isinstance(layer, layers.BatchNormalization):
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([state[f"{name}.{part}"] for part in parts])
