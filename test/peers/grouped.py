"""A small network with a grouped convolution: what Keras and onnxruntime compute from files, and PyTorch from tensors.

Arguments: the folder with model.json (name -> shape), tensors.bin (float32, end to end), grouped.keras, grouped.h5,
grouped.onnx. Prints the outputs for the same images.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnxruntime
import torch
from torch.nn import functional

folder = Path(sys.argv[1])
numbers = np.fromfile(folder / "tensors.bin", np.float32)
tensors, start = {}, 0
for name, shape in json.loads((folder / "model.json").read_text()).items():
    size = int(np.prod(shape))
    tensors[name] = torch.from_numpy(numbers[start : start + size].reshape(shape))
    start += size
assert start == numbers.size

images = np.random.default_rng(5).normal(0, 1, (2, 3, 32, 32)).astype("float32")
x = functional.conv2d(torch.from_numpy(images), tensors["conv1.weight"], padding=1)
x = functional.conv2d(x, tensors["conv2.weight"], tensors["conv2.bias"], padding=1, groups=4)
x = functional.linear(x.mean((2, 3)), tensors["fc.weight"], tensors["fc.bias"])
outputs = {"torch": x.numpy()}
for name in ["grouped.keras", "grouped.h5"]:
    model = keras.saving.load_model(folder / name, compile=False)
    outputs[name] = np.asarray(model.predict(images.transpose(0, 2, 3, 1), verbose=0))
session = onnxruntime.InferenceSession(folder / "grouped.onnx")
outputs["grouped.onnx"] = session.run(None, {"input": images})[0]
print(json.dumps({name: values.ravel().tolist() for name, values in outputs.items()}))
