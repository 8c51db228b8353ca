import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { adam, imageArray, loadResNet } from '../../lib/index.ts';
import { temporaryFolder } from '../support/folders.ts';
import { pythonWith, runPeer } from '../support/python.ts';

const python = pythonWith('keras', 'tensorflow', 'safetensors');
const folder = temporaryFolder();

interface KerasRun {
  /** Of the network before the first step, row after row. */
  predictions: number[];
  /** Before each of the steps. */
  loss: number[];
  /** After each. */
  valLoss: number[];
}

const [IMAGES, SIDE, CLASSES] = [16, 96, 10];

(python ? describe : describe.skip)('training as Keras does, step by step', () => {
  test.each([0, 10])('with the last %i layers of the backbone', async (unfrozen) => {
    const keras = runPeer<KerasRun>(python ?? '', 'keras_training.py', [folder, String(unfrozen)]);
    const pixels = new Float32Array(readFileSync(path.join(folder, 'images.f32')).buffer.slice(0));
    const shape = [IMAGES, SIDE, SIDE, 3] as const;
    const heldOut = new Float32Array(readFileSync(path.join(folder, 'validation.f32')).buffer.slice(0));
    const labels = Int32Array.from({ length: IMAGES }, (_, image) => image % CLASSES);
    const classes = Array.from({ length: CLASSES }, (_, index) => `class ${index}`);
    const batch = imageArray(pixels, { shape, labels, classes });
    const validationData = imageArray(heldOut, {
      shape: [IMAGES / 2, SIDE, SIDE, 3],
      labels: labels.filter((_, image) => image % 2 === 0),
      classes,
    });

    const weights = path.join(folder, 'start.safetensors');
    const model = await loadResNet(undefined, { weights, device: 'cpu' });
    expect(model.variant).toBe('keras');
    const { data } = await model.apply({ data: pixels, shape }, { precision: 'float32' });
    const errors = keras.predictions.map((probability, i) => Math.abs((data[i] ?? 0) - probability));
    expect(Math.max(...errors)).toBeLessThan(1e-4);

    model.freeze();
    if (unfrozen > 0) model.unfreeze({ last: unfrozen });
    model.compile({ optimizer: adam({ learningRate: 1e-4, epsilonHat: true }) });
    const [loss, valLoss]: [number[], number[]] = [[], []];
    for (const [initialEpoch, epochs] of [
      [0, 20],
      [20, 30],
    ] as const) {
      const history = await model.fit(batch, {
        initialEpoch,
        epochs,
        batchSize: IMAGES,
        shuffle: false,
        precision: 'float32',
        classWeight: { 'class 3': 5 },
        validationData,
      });
      loss.push(...history.loss);
      valLoss.push(...history.valLoss);
    }
    for (const [ours, theirs] of [
      [loss, keras.loss],
      [valLoss, keras.valLoss],
    ] as const) {
      const differences = ours.map((value, step) => Math.abs(value / (theirs[step] ?? 0) - 1));
      expect(differences).toHaveLength(30);
      expect(Math.max(...differences)).toBeLessThan(1e-4);
    }
    // The comparison says something: the loss moves.
    expect(loss.at(-1)).toBeLessThan(0.7 * (loss[0] ?? 0));
    model.dispose();
  });
});
