"""The weights as a Keras model, and how far its logits are from the reference."""

import numpy

from common import answer, parameters, read_pixels, read_safetensors
from network import resnet50, set_weights

p = parameters()
model = resnet50()
set_weights(model, read_safetensors(p["safetensors"]))
logits = model.predict(read_pixels(p["pixels"], p["shape"]), verbose=0)
model.save(p["out"])
answer({"difference": float(numpy.abs(logits - numpy.array(p["logits"])).max())})
