// A frozen BatchNormalization of TensorFlow.js goes on as in training: it normalises with the batch's statistics and
// moves its own towards them, whatever `trainable` says. Who knows it gives the layer Keras' meaning of frozen.

/** @param {any} tf TensorFlow.js' namespace */
export function honourTrainable(tf) {
  const { prototype } = tf.layers.batchNormalization().constructor;
  const { call } = prototype;
  prototype.call = function (/** @type {any} */ inputs, /** @type {any} */ options) {
    return call.call(this, inputs, this.trainable ? options : { ...options, training: false });
  };
}
