import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { networkGraph } from '../../lib/formats/graph.ts';
import type { ModelFile } from '../../lib/formats/model-file.ts';
import { writeOnnx } from '../../lib/formats/onnx/write.ts';
import {
  batchNormalization,
  dense,
  dropout,
  flatten,
  globalAveragePooling,
  linearHead,
} from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { version } from '../../lib/version.ts';
import { describeNetwork, drawnModel, leaveForPeer } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { pythonWith, runPeer } from '../support/python.ts';

interface FileFacts {
  opset: number;
  producer: string[];
  metadata: Record<string, string>;
  input: { name: string; type: string; dims: (number | string)[] };
  output: { name: string; type: string; dims: (number | string)[] };
  inferred: Record<string, (number | string)[]>;
  operators: string[];
  differences: Record<string, number>;
}

interface Answer {
  /** The largest output, to which differences are relative. */
  largest: number;
  /** By how much outputs differ between images. */
  spread: number;
  float32: FileFacts;
  uint8: FileFacts;
}

async function compare(python: string, model: ModelFile, owner: 'torchvision' | 'keras'): Promise<Answer> {
  const folder = temporaryFolder();
  leaveForPeer(folder, model);
  for (const input of ['float32', 'uint8'] as const) {
    await writeOnnx(join(folder, `${input}.onnx`), model, { input });
  }
  const answer = runPeer<Answer>(python, 'onnx_outputs.py', [folder, owner]);
  const differences = [answer.float32, answer.uint8].flatMap((file) => Object.values(file.differences));
  expect(differences).toHaveLength(4);
  for (const difference of differences) expect(difference).toBeLessThan(1e-4);
  // Else any network of the right shape would do.
  expect(answer.spread).toBeGreaterThan(0.01 * answer.largest);
  return answer;
}

const flattenHead = [
  flatten(),
  dense(16, { activation: 'relu' }),
  dropout(0.5),
  dense(5, { activation: 'softmax' }),
];
const normalizedHead = [
  globalAveragePooling(),
  batchNormalization({ epsilon: 0.02 }),
  dense(12),
  batchNormalization(),
  dense(4, { activation: 'sigmoid' }),
];

describe('in onnxruntime, as torchvision computes it', () => {
  const python = pythonWith('torch', 'torchvision', 'onnx', 'onnxruntime');
  const check = python ? test : test.skip;

  check.each(['resnet18', 'resnet50'] as const)('%s', async (architecture) => {
    const classes = ['cat', 'dog "Rex"', 'œuf', '犬', 'e', 'f', 'g'];
    const description = describeNetwork(architecture, linearHead(7), { classes });
    const { float32, uint8 } = await compare(python as string, drawnModel(description, 1), 'torchvision');

    expect(float32.opset).toBeGreaterThanOrEqual(17);
    expect(float32.producer).toEqual(['thaw', version()]);
    expect(JSON.parse(float32.metadata.classes as string)).toEqual(classes);
    expect(JSON.parse(float32.metadata.preprocessing as string)).toEqual(description.preprocessing);
    expect(float32.input).toEqual({ name: 'input', type: 'FLOAT', dims: ['batch', 3, 64, 64] });
    expect(uint8.input).toEqual({ name: 'image', type: 'UINT8', dims: ['batch', 64, 64, 3] });
    for (const { output } of [float32, uint8]) {
      expect(output).toEqual({ name: 'logits', type: 'FLOAT', dims: ['batch', 7] });
    }
    const convolutions = networkGraph(description).filter(({ type }) => type === 'Conv2D').length;
    expect(float32.operators.filter((name) => name === 'Conv')).toHaveLength(convolutions);
    expect(float32.operators).not.toContain('Pad');
    expect(float32.inferred.pool1_pool).toEqual(['batch', 64, 16, 16]);
  });

  check('a flatten head in the order height, width, channels, on an input that is no square', async () => {
    const description = describeNetwork('resnet18', flattenHead);
    const preprocessing = preprocessingFor([64, 96, 3]);
    const model = drawnModel({ ...description, preprocessing }, 2);
    const { float32, uint8 } = await compare(python as string, model, 'torchvision');
    expect(float32.input.dims).toEqual(['batch', 3, 64, 96]);
    expect(uint8.input.dims).toEqual(['batch', 64, 96, 3]);
    expect(float32.output).toEqual({ name: 'probabilities', type: 'FLOAT', dims: ['batch', 5] });
    expect(float32.operators).not.toContain('Dropout');
  });

  check('BatchNormalization of vectors, and sigmoid', async () => {
    const model = drawnModel(describeNetwork('resnet18', normalizedHead), 3);
    const { float32 } = await compare(python as string, model, 'torchvision');
    expect(float32.output.name).toBe('probabilities');
  });

  check('without a head, the feature map', async () => {
    const model = drawnModel(describeNetwork('resnet18', []), 4);
    const { float32 } = await compare(python as string, model, 'torchvision');
    expect(float32.output).toEqual({ name: 'features', type: 'FLOAT', dims: ['batch', 512, 2, 2] });
  });
});

describe('in onnxruntime, as Keras computes its own variant', () => {
  const python = pythonWith('keras', 'tensorflow', 'onnx', 'onnxruntime');
  const check = python ? test : test.skip;

  check.each([
    ['a linear head', linearHead(7)],
    ['flatten, dense, dropout, dense', flattenHead],
  ])('ResNet50 with %s', async (_, head) => {
    const model = drawnModel(describeNetwork('resnet50', head, { variant: 'keras' }), 5);
    await compare(python as string, model, 'keras');
  });
});

describe('refused, and an older file left as it was', () => {
  const model = drawnModel(describeNetwork('resnet18', linearHead(3)), 6);

  async function refused(broken: ModelFile, options?: object) {
    const folder = temporaryFolder();
    const path = join(folder, 'model.onnx');
    writeFileSync(path, 'older');
    const error = await writeOnnx(path, broken, options).then(
      () => undefined,
      (thrown: { code: string; message: string }) => thrown,
    );
    expect(readFileSync(path, 'utf8')).toBe('older');
    expect(readdirSync(folder)).toEqual(['model.onnx']);
    return error;
  }

  test('a model without one of its tensors', async () => {
    const { 'layer2.0.bn1.running_var': _, ...tensors } = model.tensors;
    expect(await refused({ ...model, tensors })).toMatchObject({
      code: 'ERR_WEIGHTS_MISMATCH',
      message: "The model's tensor layer2.0.bn1.running_var is missing.",
    });
  });

  test('a tensor of another shape, or with fewer numbers than its shape says', async () => {
    const data = new Float32Array(3 * 511);
    const replaced = (shape: readonly number[]) => ({ ...model.tensors, 'fc.weight': { data, shape } });
    expect(await refused({ ...model, tensors: replaced([3, 511]) })).toMatchObject({
      code: 'ERR_WEIGHTS_MISMATCH',
      message: "The model's tensor fc.weight is of the shape [3,511], not [3,512].",
    });
    expect(await refused({ ...model, tensors: replaced([3, 512]) })).toMatchObject({
      code: 'ERR_WEIGHTS_MISMATCH',
    });
  });

  test.each([
    ['dense on a feature map', [dense(3)]],
    ['flatten on a vector', [globalAveragePooling(), flatten(), dense(3)]],
    ['pooling of a vector', [flatten(), globalAveragePooling(), dense(3)]],
  ])('%s', async (_, head) => {
    const description = { ...model.description, head };
    expect(await refused({ ...model, description })).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  test('a model larger than protobuf allows', async () => {
    // 2 GiB that are never touched: the memory stays the system's.
    const features = 512 * 2 * 2;
    const units = 2 ** 29 / features;
    const data = new Float32Array(units * features);
    const description = { ...model.description, head: [flatten(), dense(units)] };
    const tensors = {
      ...model.tensors,
      'head.1.weight': { data, shape: [units, features] },
      'head.1.bias': { data: new Float32Array(units), shape: [units] },
    };
    expect(await refused({ description, tensors })).toMatchObject({
      code: 'ERR_WRITE_FAILED',
      message: expect.stringContaining('an ONNX file holds'),
    });
  });

  test('an unknown input, a misspelt option', async () => {
    expect(await refused(model, { input: 'bfloat16' })).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(await refused(model, { inputs: 'uint8' })).toMatchObject({ code: 'ERR_UNKNOWN_OPTION' });
  });

  test('a folder that does not exist', async () => {
    const path = join(temporaryFolder(), 'no', 'model.onnx');
    await expect(writeOnnx(path, model)).rejects.toMatchObject({ code: 'ERR_WRITE_FAILED' });
    expect(existsSync(path)).toBe(false);
  });
});
