"""What torchvision and Keras find in FOLDER, Python's csv in LISTING (ENCODING, SEPARATOR), and what Keras sets aside."""

import csv
import json
import os
import sys

os.environ['KERAS_BACKEND'] = 'torch'
import import_torchvision  # noqa: F401
import numpy as np
from keras.src.trainers.data_adapters.array_slicing import train_validation_split
from keras.src.utils.dataset_utils import index_directory
from torchvision.datasets import ImageFolder

ENDINGS = ('.jpg', '.jpeg', '.png', '.bmp', '.ppm', '.webp', '.tiff')


def listing(path, encoding, separator):
    with open(path, encoding=encoding, newline='') as file:
        rows = list(csv.DictReader(file, delimiter=separator))
    classes = sorted({row['label'] for row in rows})
    return {'classes': classes, 'labels': [classes.index(row['label']) for row in rows], 'paths': [row['path'] for row in rows]}


def main(folder, listings, splits):
    torch = ImageFolder(folder, is_valid_file=lambda name: name.lower().endswith(ENDINGS))
    paths, labels, classes = index_directory(folder, 'inferred', ENDINGS, shuffle=False, verbose=False)
    inside = lambda found: [os.path.relpath(path, folder) for path in found]
    halves = [train_validation_split((np.arange(size),), validation_split=share) for size, share in json.loads(splits)]
    print(json.dumps({
        'torchvision': {'classes': torch.classes, 'labels': torch.targets, 'paths': inside(path for path, _ in torch.samples)},
        'keras': {'classes': classes, 'labels': np.asarray(labels).tolist(), 'paths': inside(paths)},
        'listings': [listing(*each) for each in json.loads(listings)],
        'splits': [[side[0].tolist() for side in sides] for sides in halves],
    }))


if __name__ == '__main__':
    main(*sys.argv[1:])
