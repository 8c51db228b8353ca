import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readMetadata } from './metadata.mjs';
import { normalised, pixelsOf } from './pixels.mjs';

/**
 * Opens a model that thaw exported, with either input.
 * @param {string} path
 * @returns {Promise<(image: Buffer) => Promise<{ label: string, probability: number }[]>>} what is in an image file,
 *   the most probable first
 */
export async function openClassifier(path) {
  const file = await readFile(path);
  const { classes, preprocessing } = readMetadata(file);
  const session = await InferenceSession.create(file);
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  if (output === 'features') throw new Error('The model gives features, not classes.');

  const { height, width } = preprocessing;
  const tensorOf = (pixels) =>
    input === 'image'
      ? new Tensor('uint8', pixels, [1, height, width, 3])
      : new Tensor('float32', normalised(pixels, preprocessing), [1, 3, height, width]);

  return async (image) => {
    const outputs = await session.run({ [input]: tensorOf(await pixelsOf(image, preprocessing)) });
    const numbers = Array.from(outputs[output].data);
    const probabilities = output === 'logits' ? softmax(numbers) : numbers;
    return probabilities
      .map((probability, i) => ({ label: classes[i] ?? String(i), probability }))
      .sort((a, b) => b.probability - a.probability);
  };
}

function softmax(logits) {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
