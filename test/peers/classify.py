"""What onnxruntime finds in images that Pillow decodes, resizes and crops: MODEL IMAGE... A probability a class."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
from PIL import Image, ImageOps


def pixels_of(path, preprocessing):
    image = ImageOps.exif_transpose(Image.open(path))
    image = Image.frombytes('RGB', image.size, np.asarray(image.convert('RGBA'))[..., :3].tobytes())
    shorter = min(image.size)
    image = image.resize([preprocessing['resize'] * side // shorter for side in image.size], Image.BILINEAR)
    width, height = preprocessing['width'], preprocessing['height']
    left, top = round((image.width - width) / 2), round((image.height - height) / 2)
    return np.asarray(image.crop((left, top, left + width, top + height)))


def main(model, *images):
    metadata = {entry.key: json.loads(entry.value) for entry in onnx.load(model).metadata_props}
    session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    pixels = np.stack([pixels_of(image, metadata['preprocessing']) for image in images])
    logits = session.run(['logits'], {'image': pixels})[0].astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    print(json.dumps([dict(zip(metadata['classes'], row)) for row in probabilities.tolist()]))


main(*sys.argv[1:])
