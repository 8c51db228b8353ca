"""Keras' side of docs/from-keras.md.

FOLDER holds blocks.json, photos/, weights, and pixels.f32: [24, 64, 64, 3] in 0..255, RGB.
"""

from inspect import signature

# First: it moves to the folder, and quiets TensorFlow.
from document import finish, run

import keras
import numpy as np
import tensorflow as tf

SIDE, IMAGES, HELD_OUT, CLASSES = 64, 16, 8, 10


def defaults(call, *names):
    return [signature(call).parameters[name].default for name in names]


space = {}
run('Photographs', space)
found = {
    'classes': space['classes'],
    'images': [sum(len(labels) for _, labels in data) for data in (space['train'], space['validation'])],
    'defaults': {
        'adam': defaults(keras.optimizers.Adam, 'learning_rate', 'beta_1', 'beta_2', 'epsilon'),
        'adamw': defaults(keras.optimizers.AdamW, 'learning_rate', 'beta_1', 'beta_2', 'epsilon', 'weight_decay'),
        'sgd': defaults(keras.optimizers.SGD, 'learning_rate', 'momentum', 'nesterov'),
        'batchNormalization': defaults(keras.layers.BatchNormalization, 'momentum', 'epsilon'),
        'fit': defaults(keras.Model.fit, 'epochs', 'shuffle', 'initial_epoch'),
        'earlyStopping': defaults(keras.callbacks.EarlyStopping, 'monitor', 'patience', 'restore_best_weights'),
        'folder': defaults(keras.utils.image_dataset_from_directory, 'crop_to_aspect_ratio'),
    },
}

pixels = np.fromfile('pixels.f32', np.float32).reshape(-1, SIDE, SIDE, 3)
images = keras.applications.resnet50.preprocess_input(pixels.copy())
labels = np.eye(CLASSES, dtype='float32')[np.arange(len(images)) % CLASSES]
space['train'] = tf.data.Dataset.from_tensors((images[:IMAGES], labels[:IMAGES]))
space['validation'] = tf.data.Dataset.from_tensors((images[IMAGES:], labels[:HELD_OUT]))

run('The network and its head', space)
run('Layers and files', space)
# As Keras writes them: what thaw reads below was thaw's own.
space['base'].save_weights('resnet50.weights.h5')
space['model'].save_weights('start.weights.h5')
found['names'] = space['names']
found['kernel'] = space['kernel'].flatten()[:100].tolist()
found['shapes'] = [list(space['kernel'].shape), list(space['bias'].shape)]
found['predictions'] = np.ravel(space['model'](images[:IMAGES])).tolist()
found['opened'] = np.ravel(keras.models.load_model('model.keras')(images[:IMAGES])).tolist()

run('Training, and going deeper', space)
run('A step at a time, and stopping', space)
runs = [space[name].history for name in ['history', 'deeper', 'more', 'stopped']]
found['loss'] = [run['loss'] for run in runs]
found['valLoss'] = [run['val_loss'] for run in runs]
found['accuracy'] = [run['accuracy'] for run in runs]
found['epoch'] = space['deeper'].epoch
found['steps'] = space['steps']
finish(found)
