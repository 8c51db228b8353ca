"""What every peer shares: parameters in, one line of JSON out, tensors from raw files."""

import json
import os
import sys

import numpy
import torch

torch.set_num_threads(len(os.sched_getaffinity(0)))


def parameters():
    with open(sys.argv[1], encoding="utf-8") as file:
        return json.load(file)


def answer(value):
    print(json.dumps(value), flush=True)


def import_torchvision():
    """torchvision; where its compiled operators do not load, with two stubs in place of them.

    Nothing here calls them, but torchvision describes them to torch while it is imported.
    """
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

        torchvision.stub_operators = library  # kept alive as long as the module
    return torchvision


def read_pixels(path, shape):
    """Raw float32 [N, H, W, 3] -> a view of it as [N, 3, H, W]: channels-last memory."""
    return torch.from_numpy(numpy.fromfile(path, dtype="<f4").reshape(shape)).permute(0, 3, 1, 2)


def read_safetensors(path):
    """A state dict from a safetensors file, without the package of that name."""
    types = {"F32": "<f4", "I64": "<i8"}
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    state = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], dtype=types[entry["dtype"]])
        state[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return state


def photograph(path):
    """A photograph as RGB, upright by its EXIF orientation."""
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")
