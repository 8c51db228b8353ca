// One photograph through the network, from a process that has just started.
import { readFile } from 'node:fs/promises';
import { prepare } from './data.mjs';
import { modelFiles } from './files.mjs';
import { loadTensorFlow } from './load.mjs';
import { event, parameters } from './talk.mjs';

const p = parameters();
const tf = await loadTensorFlow(p.variant);
const model = await tf.loadLayersModel(modelFiles(p.weights));
const image = prepare(tf, await readFile(p.image)).expandDims();
const best = await model.predict(image).argMax(-1).data();
event('prediction', { index: best[0] });
