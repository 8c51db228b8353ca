"""Images a second of Pillow: decode, shorter side to 256, centre crop of 224, as torchvision's transforms call it."""

import concurrent.futures
import sys

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


if p.get("pixels"):
    numpy.stack([read(path) for path in p["paths"]]).tofile(p["pixels"])
    answer(event="done")
    sys.exit()

if p["threads"] == 1:
    speed = throughput(lambda: [read(path) for path in p["paths"]], len(p["paths"]), p["passes"])
else:
    # Processes: decoding gives the interpreter lock up, but not everything around it does.
    with concurrent.futures.ProcessPoolExecutor(p["threads"]) as pool:
        speed = throughput(
            lambda: sum(1 for _ in pool.map(read_away, p["paths"], chunksize=8)), len(p["paths"]), p["passes"]
        )
answer(imagesPerSecond=speed)
