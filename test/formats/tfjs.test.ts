import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { Random } from '../../lib/demo/random.ts';
import { readTfjs } from '../../lib/formats/tfjs/read.ts';
import { writeTfjs } from '../../lib/formats/tfjs/write.ts';
import { batchNormalization, dense, dropout, flatten, linearHead } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { bytesOf, expectSame } from '../support/compare-models.ts';
import { largestDifference } from '../support/difference.ts';
import { describeNetwork, drawnModel } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { pythonWith, runPeer } from '../support/python.ts';
import { predict } from '../support/tfjs.ts';

tf.enableProdMode();

const HEAD = [
  flatten(),
  dense(8, { activation: 'relu' }),
  batchNormalization(),
  dropout(0.5),
  dense(3, { activation: 'softmax' }),
];

const keras = pythonWith('keras', 'tensorflow', 'numpy');
(keras ? test : test.skip)('a model of Keras predicts in TensorFlow.js as it does in Keras', async () => {
  const theirs = temporaryFolder();
  const peer = runPeer<{
    version: string;
    pixels: number[];
    inputs: number[];
    outputs: number[];
    blueKernel: number[];
  }>(keras as string, 'tfjs_keras.py', [theirs]);
  const model = await readTfjs(join(theirs, 'model.json'));
  expect(model.description).toEqual({
    architecture: 'resnet50',
    variant: 'keras',
    head: HEAD,
    classes: [],
    preprocessing: preprocessingFor([32, 32, 3], 'keras'),
  });
  // Blue is Keras' first channel and ours is the last.
  expect([
    ...(model.tensors['conv1.weight']?.data.subarray((5 * 3 + 2) * 49, (5 * 3 + 3) * 49) ?? []),
  ]).toEqual(peer.blueKernel);
  const { mean, std } = model.description.preprocessing;
  const prepared = peer.pixels.map((_, index) => {
    const channel = 2 - (index % 3);
    const pixel = peer.pixels[index - (index % 3) + channel] as number;
    return (pixel / 255 - (mean[channel] as number)) / (std[channel] as number);
  });
  expect(largestDifference(prepared, peer.inputs)).toBeLessThan(1e-6);

  // Probabilities that tell something: a softmax at its limits is the same for any weights.
  expect(Math.max(...peer.outputs)).toBeLessThan(0.9);
  expect(largestDifference(peer.outputs.slice(0, 3), peer.outputs.slice(3))).toBeGreaterThan(0.01);
  const ours = join(temporaryFolder(), 'model');
  await writeTfjs(ours, model);
  expectSame(await readTfjs(ours), model);
  const difference = largestDifference(await predict(tf, ours, peer.inputs, 32), peer.outputs);
  console.info(
    `Keras ${peer.version}, TensorFlow.js ${tf.version.tfjs}: largest difference ${difference.toExponential(1)}`,
  );
  expect(difference).toBeLessThan(1e-4);
});

const torchvision = pythonWith('torchvision', 'numpy');
(torchvision ? test.each(['resnet18', 'resnet50'] as const) : test.skip.each(['resnet18']))(
  'a %s of torchvision predicts in TensorFlow.js as it does in PyTorch',
  async (architecture) => {
    const folder = temporaryFolder();
    const model = drawnModel(describeNetwork(architecture as 'resnet18', linearHead(5), { side: 32 }), 1);
    const random = new Random(2);
    const input = Float32Array.from({ length: 32 * 32 * 3 }, () => random.between(-2, 2));
    const tensors = Object.entries(model.tensors);
    writeFileSync(
      join(folder, 'tensors.json'),
      JSON.stringify(tensors.map(([name, { shape }]) => [name, shape])),
    );
    writeFileSync(join(folder, 'tensors.bin'), Buffer.concat(tensors.map(([, { data }]) => bytesOf(data))));
    writeFileSync(join(folder, 'inputs.bin'), bytesOf(input));
    const peer = runPeer<{ version: string; outputs: number[] }>(
      torchvision as string,
      'tfjs_torchvision.py',
      [architecture, folder, '32'],
    );
    await writeTfjs(join(folder, 'model.json'), model);
    const difference = largestDifference(await predict(tf, folder, input, 32), peer.outputs);
    console.info(
      `torchvision ${peer.version}, ${architecture}: largest difference ${difference.toExponential(1)}`,
    );
    expect(difference).toBeLessThan(1e-4);
  },
);
