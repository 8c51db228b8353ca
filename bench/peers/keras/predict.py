"""One photograph through the network, from a process that has just started."""

import keras

from common import event, parameters
from data import read

p = parameters()
model = keras.models.load_model(p["weights"])
scores = model.predict(read(p["image"])[None], verbose=0)
event("prediction", index=int(scores.argmax()))
