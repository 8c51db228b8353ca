"""What the bench asks of Keras, as the parameters name it: training, logits, a prediction, or images a second."""

import keras

from common import Epochs, answer, parameters, read_pixels, throughput
from data import photographs, read


def train():
    """Transfer learning as Keras' guide writes it: freeze, put a head on, compile, fit."""
    keras.utils.set_random_seed(p["seed"])
    data, classes = photographs(p["train"], p["batchSize"], True, p["seed"])
    validation = p["validation"] and photographs(p["validation"], p["batchSize"], False, p["seed"])[0]
    network.trainable = p["level"] == "everything"
    if p["level"] == "layer4.2":
        for layer in network.layers:
            if layer.name.startswith("conv5_block3_"):
                layer.trainable = True
    features = network.layers[-2].output  # pooled
    head = keras.layers.Dense(classes, activation="softmax", name="head")
    model = keras.Model(network.input, head(features))
    model.compile(
        optimizer=keras.optimizers.Adam(p["learningRate"], epsilon=p["epsilon"]),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    epochs = Epochs(p["epochs"])
    timed = iter(epochs)
    tell = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: next(timed),
        on_epoch_end=lambda epoch, logs: epochs.end(logs.get("val_accuracy")),
    )
    model.fit(data, epochs=p["epochs"], validation_data=validation or None, callbacks=[tell], verbose=0)
    model.save(p["out"])
    answer(event="done")


def logits():
    answer(logits=network.predict(read_pixels(p["pixels"], p["shape"]), verbose=0).flatten().tolist())


def predict():
    answer(event="prediction", index=int(network.predict(read(p["image"])[None], verbose=0).argmax()))


def steps():
    """The whole network, with Keras' own predict loop."""
    images = read_pixels(p["pixels"], p["shape"])
    run = lambda: network.predict(images, batch_size=p["batchSize"], verbose=0)
    answer(imagesPerSecond=throughput(run, len(images), p["passes"]))


p = parameters()
network = keras.models.load_model(p["weights"])
{"train": train, "logits": logits, "predict": predict, "steps": steps}[p["work"]]()
