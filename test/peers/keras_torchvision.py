"""keras_torchvision.py ARCHITECTURE STEM KERAS_FILE...: Keras files of torchvision's variant beside torchvision's own
network with the tensors of STEM.bin (STEM.json: name -> shape, offset), on the same random images."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import keras
import numpy as np
import torch
from import_torchvision import torchvision

architecture, stem, *paths = sys.argv[1:]
raw = open(stem + ".bin", "rb").read()
state = {}
for name, entry in json.load(open(stem + ".json")).items():
    values = np.frombuffer(raw, "float32", int(np.prod(entry["shape"])), entry["offset"]).reshape(entry["shape"])
    state[name] = torch.from_numpy(values.copy())
network = getattr(torchvision.models, architecture)(num_classes=len(state["fc.bias"])).eval()
missing = network.load_state_dict(state, strict=False)
assert not missing.unexpected_keys and all(key.endswith("num_batches_tracked") for key in missing.missing_keys), missing



def beside(path):
    model = keras.saving.load_model(path, compile=False)
    images = np.random.default_rng(5).standard_normal((2, *model.input_shape[1:])).astype("float32")
    with torch.no_grad():
        expected = network(torch.from_numpy(images.transpose(0, 3, 1, 2).copy())).numpy()
    actual = model.predict(images, verbose=0)
    largest = np.abs(expected).max()
    return {
        "difference": float(np.abs(actual - expected).max() / largest),
        "spread": float(expected.std() / largest),
    }


print(json.dumps([beside(path) for path in paths]))
