"""Keras as the judge of files in its formats. The last line that it prints is JSON.

keras_files.py make DIR SIZE FORM...     models with random weights: DIR/FORM.{keras,h5,weights.h5}, DIR/FORM-legacy.h5,
                                         DIR/FORM-keras2.h5, and their variables as DIR/FORM.bin with DIR/FORM.json
keras_files.py compare ORIGINAL OURS...  variables and predictions beside the original's; `.weights.h5` are loaded by a
                                         fresh network of keras.applications, below a fresh head where the original has one
keras_files.py layers SIZE               the layers of keras.applications' networks
keras_files.py recast IN DIR TYPE...     copies of IN with their variables in other types
keras_files.py elsewhere IN DIR          copies of IN whose first kernel lies in another file: by external storage, as a
                                         virtual dataset, behind an external link
"""

import json
import os
import shutil
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import h5py
import keras
import numpy as np
from keras import layers

NETWORKS = {
    "resnet50": keras.applications.ResNet50,
    "resnet101": keras.applications.ResNet101,
    "resnet152": keras.applications.ResNet152,
}


def leaves(model):
    """The layers of a model in Keras' order, a nested model's in its place."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer)
        else:
            yield layer


def build(form, size):
    """FORM is a network, a dash and how it is wrapped."""
    network, wrap = form.split("-")
    make, shape = NETWORKS[network], (size, size, 3)
    if wrap == "top":
        return make(weights=None, include_top=True, input_shape=shape, classes=7)
    if wrap == "pooled":
        return make(weights=None, include_top=False, input_shape=shape, pooling="avg")
    base = make(weights=None, include_top=False, input_shape=shape)
    if wrap == "bare":
        return base
    if wrap == "sequential":
        return keras.Sequential(
            [
                base,
                layers.Flatten(),
                layers.Dense(16, activation="relu"),
                layers.BatchNormalization(momentum=0.9),
                layers.Dropout(0.25),
                layers.Dense(5, activation="softmax"),
            ]
        )
    if wrap == "functional":
        inputs = keras.Input(shape)
        x = layers.GlobalAveragePooling2D(name="pool")(base(inputs))
        return keras.Model(inputs, layers.Dense(3, activation="sigmoid", name="answer")(x))
    if wrap == "flat":
        x = layers.GlobalAveragePooling2D()(base.output)
        x = layers.BatchNormalization()(x)
        return keras.Model(base.input, layers.Dense(4)(x))
    raise ValueError(form)


def randomise(model, seed):
    """Random everything, scaled so that the outputs are neither saturated nor the same for every image."""
    random = np.random.default_rng(seed)
    for layer in leaves(model):
        values = []
        for variable in layer.weights:
            value = random.standard_normal(variable.shape)
            if variable.name in ("gamma", "moving_variance"):
                value = 0.5 + 0.3 * np.abs(value)
            elif value.ndim > 1:
                value *= np.sqrt(1 / np.prod(value.shape[:-1]))
            else:
                value *= 0.2
            if layer.name == "conv1_conv":
                value *= 0.02
            if layer.name.endswith("_3_bn") and variable.name == "gamma":
                value *= 0.3
            values.append(value.astype("float32"))
        if values:
            layer.set_weights(values)


def images(size):
    return (255 * np.random.default_rng(7).random((2, size, size, 3)) - 110).astype("float32")


def variables(model):
    return {
        f"{layer.name}/{variable.name}": np.asarray(value)
        for layer in leaves(model)
        for variable, value in zip(layer.weights, layer.get_weights())
    }


def keras2_config(config):
    """The config of a functional or Sequential model as Keras 2 wrote it."""
    fixed = {"name": config["config"]["name"], "layers": []}
    for layer in config["config"]["layers"]:
        inner, name = dict(layer["config"]), layer["config"]["name"]
        if "layers" in inner:
            inner = keras2_config(layer)["config"]
        else:
            inner["dtype"] = "float32"
            if "batch_shape" in inner:
                inner["batch_input_shape"] = inner.pop("batch_shape")
            if "axis" in inner and inner["axis"] == 3:
                inner["axis"] = [3]
            for late in ("optional", "renorm", "synchronized", "quantization_config"):
                inner.pop(late, None)
        entry = {"class_name": layer["class_name"], "config": inner}
        if "inbound_nodes" in layer:
            tensors = [t for node in layer["inbound_nodes"] for a in node["args"] for t in (a if isinstance(a, list) else [a])]
            node = [t["config"]["keras_history"] + [{}] for t in tensors]
            entry |= {"name": name, "inbound_nodes": [node] if node else []}
        fixed["layers"].append(entry)
    for key in ("input_layers", "output_layers"):
        if key in config["config"]:
            fixed[key] = [config["config"][key]]
    return {"class_name": config["class_name"], "config": fixed}


def save_keras2(model, path, new):
    """As Keras 2 lays it out: `:0` after names, nested variables grouped, fixed-length strings, lists in parts."""
    with h5py.File(path, "w") as out, h5py.File(new) as source:
        config = json.loads(source.attrs["model_config"])
        out.attrs["model_config"] = json.dumps(keras2_config(config)).encode()
        out.attrs["keras_version"], out.attrs["backend"] = b"2.11.0", b"tensorflow"
        group = out.create_group("model_weights")
        names = np.asarray([layer.name.encode() for layer in model.layers])
        half = len(names) // 2
        group.attrs["layer_names0"], group.attrs["layer_names1"] = names[:half], names[half:]
        for layer in model.layers:
            inner = group.create_group(layer.name)
            owned = leaves(layer) if isinstance(layer, keras.Model) else [layer]
            named = [(f"{l.name}/{v.name}:0", v) for l in owned for v in l.weights]
            inner.attrs["weight_names"] = np.asarray([name.encode() for name, _ in named])
            for name, value in named:
                inner.create_dataset(name, data=np.asarray(value))
        group.create_group("top_level_model_weights").attrs["weight_names"] = np.asarray([])


def make(folder, size, *forms):
    for form in forms:
        make_form(folder, form, size)
    return {"keras": keras.__version__, "h5py": h5py.__version__}


def make_form(folder, form, size):
    model = build(form, int(size))
    randomise(model, 3)
    stem = os.path.join(folder, form)
    for suffix in (".keras", ".h5"):
        model.save(stem + suffix)
    model.save_weights(stem + ".weights.h5")
    with h5py.File(stem + ".h5") as whole, h5py.File(stem + "-legacy.h5", "w") as weights:
        for name, value in whole["model_weights"].attrs.items():
            weights.attrs[name] = value
        for name in whole["model_weights"]:
            whole.copy("model_weights/" + name, weights)
    save_keras2(model, stem + "-keras2.h5", stem + ".h5")
    index, offset = {}, 0
    with open(stem + ".bin", "wb") as out:
        for name, value in variables(model).items():
            index[name] = {"shape": value.shape, "offset": offset}
            out.write(value.tobytes())
            offset += value.nbytes
    with open(stem + ".json", "w") as out:
        json.dump(index, out)


def difference(original, other, size):
    ours, theirs = variables(other), variables(original)
    # Layers of a head may have other names: in order, they are the same.
    equal = [a.shape == b.shape and bool((a == b).all()) for a, b in zip(ours.values(), theirs.values())]
    x = images(size)
    expected, actual = original.predict(x, verbose=0), other.predict(x, verbose=0)
    return {
        "variables": [len(ours), len(theirs)],
        "different": [name for name, same in zip(ours, equal) if not same],
        "difference": float(np.abs(actual - expected).max() / np.abs(expected).max()),
        "spread": float(expected.std()),
    }


def compare(original, *others):
    model = keras.saving.load_model(original, compile=False)

    def opened(path):
        if not path.endswith(".weights.h5"):
            return keras.saving.load_model(path, compile=False)
        shape, classes = model.input_shape[1:], model.output_shape[-1]
        if isinstance(model, keras.Sequential):
            fresh = build(f"{model.layers[0].name}-sequential", shape[0])
        else:
            fresh = NETWORKS[model.name](weights=None, input_shape=shape, classes=classes)
        fresh.load_weights(path)
        return fresh

    return [difference(model, opened(path), model.input_shape[1]) for path in others]


def list_layers(size):
    def describe(model):
        return [
            {
                "name": layer.name,
                "type": type(layer).__name__,
                "inputs": [tensor._keras_history.operation.name for node in layer._inbound_nodes for tensor in node.input_tensors],
                "shape": list(layer.output.shape[1:]),
            }
            for layer in model.layers
        ]

    shape, result = (int(size), int(size), 3), {}
    for name, network in NETWORKS.items():
        result[name] = {
            "headless": describe(network(weights=None, include_top=False, input_shape=shape)),
            "top": describe(network(weights=None, include_top=True, input_shape=shape, classes=9)),
        }
    return result


def recast(source, folder, *types):
    paths = {}
    for dtype in types:
        paths[dtype] = os.path.join(folder, f"recast-{len(paths)}.h5")
        with h5py.File(source) as old, h5py.File(paths[dtype], "w") as new:

            def copy(name, item):
                if isinstance(item, h5py.Dataset):
                    new.create_dataset(name, data=item[()].astype(dtype))
                else:
                    new.require_group(name)
                for key, value in item.attrs.items():
                    new[name].attrs[key] = value

            copy("/", old)
            old.visititems(copy)
    return paths


def elsewhere(source, folder):
    name, paths = "model_weights/conv1_conv/conv1_conv/kernel:0", {}
    other, raw = os.path.join(folder, "other.h5"), os.path.join(folder, "other.bin")
    with h5py.File(source) as file, h5py.File(other, "w") as out:
        kernel = file[name][()]
        out["kernel"] = kernel
    kernel.tofile(raw)

    def put_storage(file):
        file.create_dataset(name, kernel.shape, "float32", external=[(raw, 0, kernel.nbytes)])

    def put_virtual(file):
        layout = h5py.VirtualLayout(kernel.shape, "float32")
        layout[...] = h5py.VirtualSource(other, "kernel", kernel.shape)
        file.create_virtual_dataset(name, layout)

    def put_link(file):
        file[name] = h5py.ExternalLink(other, "kernel")

    for what, put in {"storage": put_storage, "virtual": put_virtual, "link": put_link}.items():
        paths[what] = shutil.copy(source, os.path.join(folder, what + ".h5"))
        with h5py.File(paths[what], "r+") as file:
            del file[name]
            put(file)
            # Python follows it.
            assert (file[name][()] == kernel).all()
    return paths


commands = {
    "make": make,
    "compare": compare,
    "layers": list_layers,
    "recast": recast,
    "elsewhere": elsewhere,
}
print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))
