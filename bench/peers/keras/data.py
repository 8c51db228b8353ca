"""Photographs in folders as a tf.data pipeline: shorter side to 256, centre crop of 224, ImageNet's statistics."""

import pathlib

import tensorflow as tf

MEAN = [0.485, 0.456, 0.406]
DEVIATION = [0.229, 0.224, 0.225]


def photographs(folder, batch_size, shuffle, seed):
    """Batches of [N, 224, 224, 3] and class indices [N], and the number of classes."""
    classes = sorted(path.name for path in pathlib.Path(folder).iterdir() if path.is_dir())
    paths = [(str(path), label) for label, name in enumerate(classes) for path in sorted(pathlib.Path(folder, name).iterdir())]
    files, labels = zip(*paths)
    data = tf.data.Dataset.from_tensor_slices((list(files), list(labels)))
    if shuffle:
        data = data.shuffle(len(files), seed=seed)
    data = data.map(lambda file, label: (read(file), label), num_parallel_calls=tf.data.AUTOTUNE)
    return data.batch(batch_size).prefetch(tf.data.AUTOTUNE), len(classes)


def read(file):
    image = tf.io.decode_jpeg(tf.io.read_file(file), channels=3)
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    size = tf.cast(tf.round(size * 256 / tf.reduce_min(size)), tf.int32)
    image = tf.image.resize(image, size, antialias=True)
    top, left = (size[0] - 224) // 2, (size[1] - 224) // 2
    image = image[top : top + 224, left : left + 224]
    image.set_shape((224, 224, 3))
    return (image / 255 - MEAN) / DEVIATION
