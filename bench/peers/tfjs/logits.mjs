// What the network in the file gives for a few images.
import { answer, modelFiles, parameters, readFloats } from './files.mjs';
import { loadTensorFlow } from './load.mjs';

const p = parameters();
const tf = await loadTensorFlow('wasm');
const model = await tf.loadLayersModel(modelFiles(p.weights));
answer({ logits: [...(await model.predict(tf.tensor(readFloats(p.pixels), p.shape)).data())] });
