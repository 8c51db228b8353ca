"""Reads what test/support/drawn-model.ts leaves in a folder."""

import json
from pathlib import Path

import numpy as np


def read(folder):
    """The description, the layers as Keras lists them, and float32 arrays by torchvision's names."""
    model = json.loads(Path(folder, 'model.json').read_text())
    numbers = np.fromfile(Path(folder, 'tensors.bin'), np.float32)
    tensors, start = {}, 0
    for entry in model['tensors']:
        size = int(np.prod(entry['shape']))
        tensors[entry['name']] = numbers[start:start + size].reshape(entry['shape'])
        start += size
    assert start == numbers.size
    return model['description'], model['layers'], tensors
