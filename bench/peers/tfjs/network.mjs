// torchvision's ResNet-50 in TensorFlow.js' layers: explicit padding, the stride in the 3x3 convolution, no biases.

const BLOCKS = /** @type {const} */ ([
  ['layer1', 64, 3, 1],
  ['layer2', 128, 4, 2],
  ['layer3', 256, 6, 2],
  ['layer4', 512, 3, 2],
]);

/**
 * [N, 224, 224, 3], normalised -> logits [N, classes]; layers have torchvision's names.
 * @param {any} tf
 * @param {number} [classes]
 */
export function resnet50(tf, classes = 1000) {
  const { layers } = tf;
  /** @param {any} x @param {string} name @param {string} norm @param {number} filters @param {number} size @param {number} strides */
  const convolution = (x, name, norm, filters, size, strides) => {
    if (size > 1) x = layers.zeroPadding2d({ padding: size >> 1 }).apply(x);
    x = layers.conv2d({ filters, kernelSize: size, strides, useBias: false, name }).apply(x);
    // The momentum is the share that stays: 1 - PyTorch's.
    return layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5, name: norm }).apply(x);
  };
  const relu = (/** @type {any} */ x) => layers.reLU().apply(x);

  const images = tf.input({ shape: [224, 224, 3] });
  let x = relu(convolution(images, 'conv1', 'bn1', 64, 7, 2));
  // After a ReLU a zero at the border is what PyTorch's padding with minus infinity comes to.
  x = layers.zeroPadding2d({ padding: 1 }).apply(x);
  x = layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(x);
  for (const [stage, width, count, firstStride] of BLOCKS) {
    for (let i = 0; i < count; i++) {
      const name = `${stage}.${i}`;
      const stride = i === 0 ? firstStride : 1;
      let y = relu(convolution(x, `${name}.conv1`, `${name}.bn1`, width, 1, 1));
      y = relu(convolution(y, `${name}.conv2`, `${name}.bn2`, width, 3, stride));
      y = convolution(y, `${name}.conv3`, `${name}.bn3`, 4 * width, 1, 1);
      if (i === 0) x = convolution(x, `${name}.downsample.0`, `${name}.downsample.1`, 4 * width, 1, stride);
      x = relu(layers.add().apply([x, y]));
    }
  }
  x = layers.globalAveragePooling2d({ name: 'avgpool' }).apply(x);
  return tf.model({ inputs: images, outputs: layers.dense({ units: classes, name: 'fc' }).apply(x) });
}

/**
 * Fills the network from torchvision's tensors by name.
 * @param {any} tf
 * @param {any} model
 * @param {Map<string, { data: Float32Array, shape: number[] }>} state
 */
export function setWeights(tf, model, state) {
  const tensor = (/** @type {string} */ name, /** @type {number[] | undefined} */ order = undefined) => {
    const { data, shape } = state.get(name) ?? { data: new Float32Array(), shape: [0] };
    const given = tf.tensor(data, shape);
    return order ? tf.transpose(given, order) : given;
  };
  for (const layer of model.layers) {
    const { name } = layer;
    const values = tf.tidy(() => {
      switch (layer.getClassName()) {
        case 'Conv2D':
          return [tensor(`${name}.weight`, [2, 3, 1, 0])];
        case 'Dense':
          return [tensor(`${name}.weight`, [1, 0]), tensor(`${name}.bias`)];
        case 'BatchNormalization':
          return ['weight', 'bias', 'running_mean', 'running_var'].map((part) => tensor(`${name}.${part}`));
        default:
          return [];
      }
    });
    if (values.length > 0) layer.setWeights(values);
    tf.dispose(values);
  }
}
