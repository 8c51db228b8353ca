// Transfer learning in tfjs-node as its guide writes it: freeze, put a head on, compile, fit.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { photographs } from './data.mjs';
import { answer } from './files.mjs';

/** @param {any} tf TensorFlow.js @param {any} p the job */
export async function train(tf, p) {
  const { batchSize, seed } = p;
  const { data, classes } = photographs(tf, p.train, { batchSize, seed, shuffle: true });
  const validation = p.validation && photographs(tf, p.validation, { batchSize, seed, shuffle: false }).data;

  const network = await tf.loadLayersModel(`file://${p.weights}`);
  for (const layer of network.layers) {
    layer.trainable =
      p.level === 'everything' || (p.level === 'layer4.2' && layer.name.startsWith('conv5_block3_'));
  }
  const head = tf.layers.dense({ units: classes.length, activation: 'softmax', name: 'head' });
  const model = tf.model({ inputs: network.inputs, outputs: head.apply(network.layers.at(-2).output) });
  model.compile({
    optimizer: tf.train.adam(p.learningRate, 0.9, 0.999, p.epsilon),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });

  const before = p.work === 'behave' ? await movingStatistics(model) : undefined;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let start = 0;
  await model.fitDataset(data, {
    epochs: p.epochs,
    ...(validation && { validationData: validation }),
    verbose: 0,
    callbacks: {
      onEpochBegin: async () => {
        start = performance.now();
      },
      onEpochEnd: async (/** @type {number} */ epoch, /** @type {any} */ { val_acc = null }) => {
        const epochSeconds = (performance.now() - start) / 1000;
        answer({ event: 'epoch', epoch: epoch + 1, epochSeconds, valAccuracy: val_acc });
      },
    },
  });
  delay.disable();
  const after = before && (await movingStatistics(model));
  await model.save(`file://${p.out}`);
  const drifted = after?.filter((values, i) => !isDeepStrictEqual(values, before?.[i])).length;
  answer({ event: 'done', longestBlockSeconds: delay.max / 1e9, norms: after?.length, drifted });
}

/** [mean, variance] of every frozen BatchNormalization. @param {any} model @returns {Promise<unknown[]>} */
async function movingStatistics(model) {
  const norms = model.layers.filter(
    (/** @type {any} */ layer) => layer.getClassName() === 'BatchNormalization' && !layer.trainable,
  );
  return Promise.all(
    norms.map((/** @type {any} */ layer) => {
      const [, , ...statistics] = layer.getWeights();
      return Promise.all(statistics.map((/** @type {any} */ tensor) => tensor.data()));
    }),
  );
}
