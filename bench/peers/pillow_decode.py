"""Images a second of Pillow: decode, shorter side to 256, centre crop of 224, as torchvision's transforms call it; or
by how much the raw pixels in a file differ from its own."""

import concurrent.futures

import numpy
from PIL import Image, ImageOps

from common import answer, parameters, throughput

p = parameters()


def read(path):
    with Image.open(path) as image:
        # In place: without an orientation in the file it costs nothing.
        ImageOps.exif_transpose(image, in_place=True)
        image = image.convert("RGB")
    width, height = image.size
    if width <= height:
        size = (256, int(256 * height / width))
    else:
        size = (int(256 * width / height), 256)
    image = image.resize(size, Image.Resampling.BILINEAR)
    # torchvision rounds halves of an odd rest to the even neighbour.
    left, top = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    return numpy.asarray(image.crop((left, top, left + 224, top + 224)))


def read_away(path):
    """In a worker: the pixels stay there, as a training worker's do in shared memory."""
    read(path)


def speed():
    run = lambda: [read(path) for path in p["paths"]]
    if p["threads"] == 1:
        return throughput(run, len(p["paths"]), p["passes"])
    # Processes: decoding gives the interpreter lock up, but not everything around it does.
    with concurrent.futures.ProcessPoolExecutor(p["threads"]) as pool:
        run = lambda: list(pool.map(read_away, p["paths"], chunksize=8))
        return throughput(run, len(p["paths"]), p["passes"])


if "pixels" in p:
    own = numpy.fromfile(p["pixels"], dtype=numpy.uint8).reshape(len(p["paths"]), 224, 224, 3)
    apart = numpy.abs(own.astype(int) - numpy.stack([read(path) for path in p["paths"]]))
    answer(unequal=int((apart > 0).sum()), largest=int(apart.max()))
else:
    answer(imagesPerSecond=speed())
