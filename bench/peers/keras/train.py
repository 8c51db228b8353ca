"""Transfer learning as Keras' guide writes it: freeze, put a head on, compile, fit."""

import time

import keras

from common import event, parameters
from data import photographs

p = parameters()
keras.utils.set_random_seed(p["seed"])
train, classes = photographs(p["train"], p["batchSize"], True, p["seed"])
validation = p["validation"] and photographs(p["validation"], p["batchSize"], False, p["seed"])[0]

network = keras.models.load_model(p["weights"])
network.trainable = p["level"] == "everything"
if p["level"] == "layer4.2":
    for layer in network.layers:
        if layer.name.startswith("conv5_block3_"):
            layer.trainable = True
features = network.layers[-2].output  # pooled
model = keras.Model(network.input, keras.layers.Dense(classes, activation="softmax", name="head")(features))
model.compile(
    optimizer=keras.optimizers.Adam(p["learningRate"], epsilon=p["epsilon"]),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)


class Tell(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self.start
        event("epoch", epoch=epoch + 1, epochSeconds=seconds, valAccuracy=logs.get("val_accuracy"))


model.fit(train, epochs=p["epochs"], validation_data=validation or None, callbacks=[Tell()], verbose=0)
model.save(p["out"])
event("done")
