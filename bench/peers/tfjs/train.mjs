// Transfer learning in tfjs-node as its guide writes it: freeze, put a head on, compile, fit.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { photographs } from './data.mjs';
import { answer, parameters } from './files.mjs';
import { loadTensorFlow } from './load.mjs';

const p = parameters();
const tf = await loadTensorFlow(p.variant);
const { batchSize, seed } = p;
const { data: train, classes } = photographs(tf, p.train, { batchSize, seed, shuffle: true });
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

const before = p.drift ? await movingStatistics() : undefined;
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
let start = 0;
await model.fitDataset(train, {
  epochs: p.epochs,
  ...(validation && { validationData: validation }),
  verbose: 0,
  callbacks: {
    onEpochBegin: async () => {
      start = performance.now();
    },
    onEpochEnd: async (/** @type {number} */ epoch, /** @type {any} */ logs) =>
      answer({
        event: 'epoch',
        epoch: epoch + 1,
        epochSeconds: (performance.now() - start) / 1000,
        valAccuracy: logs.val_acc ?? null,
      }),
  },
});
delay.disable();
const drifted = before && (await movingStatistics()).filter((values, i) => differs(values, before[i])).length;
await model.save(`file://${p.out}`);
answer({ event: 'done', longestBlockSeconds: delay.max / 1e9, norms: before?.length, drifted });

/** Mean and variance of every frozen BatchNormalization. */
async function movingStatistics() {
  const norms = model.layers.filter(
    (/** @type {any} */ layer) => layer.getClassName() === 'BatchNormalization' && !layer.trainable,
  );
  /** @type {Promise<Float32Array[]>[]} */
  const values = norms.map((/** @type {any} */ layer) =>
    Promise.all(
      layer
        .getWeights()
        .slice(2)
        .map((/** @type {any} */ tensor) => tensor.data()),
    ),
  );
  return Promise.all(values);
}

/** @param {Float32Array[]} a @param {Float32Array[] | undefined} b */
function differs(a, b) {
  return a.some((values, i) => values.some((value, j) => value !== b?.[i]?.[j]));
}
