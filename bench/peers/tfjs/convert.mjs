// The weights as a TensorFlow.js model, and how far its logits are from the reference.
import { modelFiles, readFloats, readSafetensors } from './files.mjs';
import { loadTensorFlow } from './load.mjs';
import { resnet50, setWeights } from './network.mjs';
import { answer, parameters } from './talk.mjs';

const p = parameters();
const tf = await loadTensorFlow('wasm');
const model = resnet50(tf);
setWeights(tf, model, readSafetensors(p.safetensors));
const logits = await model.predict(tf.tensor(readFloats(p.pixels), p.shape)).data();
await model.save(modelFiles(p.out));
const expected = p.logits.flat();
let difference = 0;
for (let i = 0; i < expected.length; i++) {
  const distance = Math.abs(logits[i] - expected[i]);
  // A NaN, or a logit that is not there, must not pass for agreement.
  if (!Number.isFinite(distance)) throw new Error(`Logit ${i} of ${expected.length} is ${logits[i]}.`);
  difference = Math.max(difference, distance);
}
answer({ difference });
