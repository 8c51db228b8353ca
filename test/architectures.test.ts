import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { loadResNet } from '../lib/index.ts';
import { native } from '../lib/native.ts';
import { ARCHITECTURES } from '../lib/options/load.ts';
import { temporaryFolder } from './support/folders.ts';
import { pythonWith, runPeer } from './support/python.ts';

test('the names of the types are the rows of the engine, in its order', () => {
  const rows = native()
    .architectures()
    .filter(({ variant }) => variant === 'torchvision');
  expect(rows.map(({ name }) => name)).toEqual([...ARCHITECTURES]);
});

const python = pythonWith('torch', 'torchvision', 'safetensors', 'onnxruntime');
const inTorchvision = python === undefined ? test.skip : test;

/** The largest difference, in shares of the largest value expected. */
function distance(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? 0)))) / largest;
}

inTorchvision.each([
  'resnet50',
  'resnext50_32x4d',
  'resnext101_32x8d',
  'wide_resnet50_2',
  'wide_resnet101_2',
])("%s is told by its tensors, gives torchvision's logits, and goes out in every format", async (name) => {
  const folder = temporaryFolder();
  const peer = <T>(command: string) =>
    runPeer<T>(python as string, 'architectures.py', [command, name, folder]);
  const { logits, side } = peer<{ logits: number[]; side: number }>('write');
  const model = await loadResNet(undefined, {
    weights: path.join(folder, 'theirs.pth'),
    device: 'cpu',
    inputShape: [side, side, 3],
  });
  try {
    expect(model.architecture).toBe(name);
    const bytes = readFileSync(path.join(folder, 'images.bin'));
    const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const output = await model.apply({ data, shape: [2, side, side, 3] }, { precision: 'float32' });
    expect(distance(output.data, logits)).toBeLessThan(1e-4);
    for (const suffix of ['pt', 'pth', 'safetensors', 'onnx']) {
      await model.save(path.join(folder, `ours.${suffix}`));
    }
  } finally {
    model.dispose();
  }
  for (const [, outputs] of Object.entries(peer<Record<string, number[]>>('read'))) {
    expect(distance(outputs, logits)).toBeLessThan(1e-4);
  }
});

inTorchvision("a file of one network is not taken for another's", async () => {
  const folder = temporaryFolder();
  runPeer(python as string, 'architectures.py', ['write', 'resnext50_32x4d', folder]);
  await expect(
    loadResNet('resnet50', { weights: path.join(folder, 'theirs.pth'), device: 'cpu' }),
  ).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_MISMATCH',
    message: expect.stringContaining('holds a resnext50_32x4d, not a resnet50'),
  });
});
