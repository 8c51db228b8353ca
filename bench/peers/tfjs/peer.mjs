// What the bench asks of TensorFlow.js, as the parameters name it: training, logits, or images a second of the network.
import { createRequire } from 'node:module';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { answer, modelFiles, parameters, readFloats } from './files.mjs';
import { honourTrainable } from './honour-trainable.mjs';
import { train } from './train.mjs';

const p = parameters();
const require = createRequire(import.meta.url);

// The logits tell whether the file is the right network: the same whoever reads it.
const tf = await (p.variant === 'wasm' || p.work === 'logits' ? loadWasm() : loadNode());
if (['train', 'behave'].includes(p.work)) await train(tf, p);
else await apply();

async function loadNode() {
  const node = require('@tensorflow/tfjs-node');
  if (p.variant === 'node-patched') honourTrainable(node);
  await node.ready();
  return node;
}

async function loadWasm() {
  const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  const core = require('@tensorflow/tfjs');
  await core.setBackend('wasm');
  return core;
}

async function apply() {
  const model = await tf.loadLayersModel(modelFiles(p.weights));
  const images = tf.tensor(readFloats(p.pixels), p.shape);
  const pass = async () => {
    const scores = tf.tidy(() => model.predict(images, { batchSize: p.batchSize }));
    const values = await scores.data();
    scores.dispose();
    return values;
  };
  const logits = await pass(); // not timed: first calls prepare kernels
  if (p.work === 'logits') return answer({ logits: [...logits] });
  const start = performance.now();
  for (let i = 0; i < p.passes; i++) await pass();
  const seconds = (performance.now() - start) / 1000;
  answer({ imagesPerSecond: (p.passes * p.shape[0]) / seconds });
}
