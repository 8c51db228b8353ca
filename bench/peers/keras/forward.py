"""Images a second of the whole network from pixels in memory, with Keras' own predict loop."""

import keras

from common import event, parameters, read_pixels, throughput

p = parameters()
model = keras.models.load_model(p["weights"])
images = read_pixels(p["pixels"], p["shape"])


def run():
    model.predict(images, batch_size=p["batchSize"], verbose=0)


event("done", imagesPerSecond=throughput(run, len(images), p["passes"]))
