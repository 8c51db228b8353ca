// Images a second of the whole network from pixels in memory.
import { performance } from 'node:perf_hooks';
import { answer, modelFiles, parameters, readFloats } from './files.mjs';
import { loadTensorFlow } from './load.mjs';

const p = parameters();
const tf = await loadTensorFlow(p.variant);
const model = await tf.loadLayersModel(modelFiles(p.weights));
const images = tf.tensor(readFloats(p.pixels), p.shape);

async function pass() {
  const scores = tf.tidy(() => model.predict(images, { batchSize: p.batchSize }));
  await scores.data();
  scores.dispose();
}

await pass(); // left out: first calls prepare kernels
const start = performance.now();
for (let i = 0; i < p.passes; i++) await pass();
const seconds = (performance.now() - start) / 1000;
answer({ imagesPerSecond: (p.passes * p.shape[0]) / seconds });
