"""Keras' ResNet50 under a head, written as the TensorFlow.js converter writes it, with Keras' own predictions.

Arguments: the folder to write. Prints inputs as the network takes them, outputs, and the first values of conv1.
"""

import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(2)
tf.config.threading.set_inter_op_parallelism_threads(1)

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(3)
side = 32
base = keras.applications.ResNet50(weights=None, include_top=False, input_shape=(side, side, 3))
model = keras.Sequential(
    [
        base,
        keras.layers.Flatten(),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(3, activation="softmax"),
    ]
)


def drawn(weight):
    name = weight.path.split("/")[-1]
    if name == "kernel":
        # Pixels less the mean are far from 1, and a softmax of large numbers would hide every difference.
        scale = {"conv1_conv/kernel": 1 / 64, model.layers[-1].kernel.path: 0.1}.get(weight.path, 1)
        spread = scale * np.sqrt(6 / np.prod(weight.shape[:-1]))
        return random.uniform(-spread, spread, weight.shape)
    middle = {"gamma": 0.4 if "_3_bn" in weight.path else 1, "moving_variance": 1}.get(name, 0)
    return middle + random.uniform(-0.2, 0.2, weight.shape)


weights = [weight for weight in model.weights if "seed" not in weight.path]
for weight in weights:
    weight.assign(drawn(weight))

data = b"".join(np.asarray(weight.numpy(), "<f4").tobytes() for weight in weights)
shard = 3_333_333
paths = []
for start in range(0, len(data), shard):
    paths.append(f"group1-shard{len(paths) + 1}of{-(-len(data) // shard)}.bin")
    (folder / paths[-1]).write_bytes(data[start : start + shard])
entries = [{"name": weight.path, "shape": list(weight.shape), "dtype": "float32"} for weight in weights]
(folder / "model.json").write_text(
    json.dumps(
        {
            "format": "layers-model",
            "generatedBy": f"keras v{keras.__version__}",
            "convertedBy": "a converter",
            "modelTopology": {
                "keras_version": keras.__version__,
                "backend": "tensorflow",
                "model_config": json.loads(model.to_json()),
            },
            "weightsManifest": [{"paths": paths, "weights": entries}],
        }
    )
)

pixels = random.integers(0, 256, (2, side, side, 3)).astype("float32")
inputs = keras.applications.resnet.preprocess_input(pixels.copy())
outputs = model.predict(inputs, verbose=0)
kernel = base.get_layer("conv1_conv").kernel.numpy()
print(
    json.dumps(
        {
            "version": keras.__version__,
            "pixels": pixels.ravel().tolist(),
            "inputs": inputs.ravel().tolist(),
            "outputs": outputs.ravel().tolist(),
            "blueKernel": kernel[:, :, 0, 5].ravel().tolist(),
        }
    )
)
