import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Random } from '../../lib/demo/random.ts';
import type { GraphLayer } from '../../lib/formats/graph.ts';
import { kerasFile } from '../../lib/formats/keras/write.ts';
import { graphVariables, tensorShape } from '../../lib/formats/layers/variables.ts';
import type { NamedTensor } from '../../lib/formats/model-file.ts';
import { encodeModel } from '../../lib/formats/onnx/encode.ts';
import { onnxGraph } from '../../lib/formats/onnx/graph.ts';
import { topologyOf } from '../../lib/formats/tfjs/topology.ts';
import type { Arranged } from '../../lib/formats/topology/arrange.ts';
import { linearHead } from '../../lib/network/head.ts';
import { bytesOf } from '../support/compare-models.ts';
import { largestDifference } from '../support/difference.ts';
import { describeNetwork } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { pythonWith, runPeer } from '../support/python.ts';

const convolution = { type: 'Conv2D', kernel: 3, stride: 1, padding: 'same' } as const;
const graph: GraphLayer[] = [
  { name: 'image', type: 'InputLayer', inputs: [], outputShape: [32, 32, 3] },
  {
    ...convolution,
    name: 'plain',
    inputs: ['image'],
    filters: 8,
    groups: 1,
    bias: false,
    tensors: 'conv1',
    outputShape: [32, 32, 8],
  },
  {
    ...convolution,
    name: 'grouped',
    inputs: ['plain'],
    filters: 12,
    groups: 4,
    bias: true,
    tensors: 'conv2',
    outputShape: [32, 32, 12],
  },
  { name: 'pool', type: 'GlobalAveragePooling2D', inputs: ['grouped'], outputShape: [12] },
  {
    name: 'dense',
    type: 'Dense',
    inputs: ['pool'],
    units: 5,
    activation: 'linear',
    tensors: 'fc',
    outputShape: [5],
  },
];
const network: Arranged = { name: 'small', type: 'Functional', layers: graph };

const python = pythonWith('keras', 'tensorflow', 'onnxruntime', 'torch');
(python ? test : test.skip)('a grouped convolution, in Keras and onnxruntime as in PyTorch', async () => {
  const random = new Random(3);
  const tensors: Record<string, NamedTensor> = {};
  for (const variable of [...graphVariables(graph).values()].flat()) {
    const shape = tensorShape(variable);
    const length = shape.reduce((product, size) => product * size, 1);
    tensors[variable.tensor] = { shape, data: Float32Array.from({ length }, () => random.normal() / 3) };
  }
  // PyTorch's own shape: each filter sees the two channels of its group.
  expect(tensors['conv2.weight']?.shape).toEqual([12, 2, 3, 3]);
  const folder = temporaryFolder();
  const model = { description: describeNetwork('resnet18', linearHead(5), { side: 32 }), tensors };
  for (const name of ['grouped.keras', 'grouped.h5']) {
    writeFileSync(join(folder, name), await kerasFile(name, model, network));
  }
  writeFileSync(
    join(folder, 'grouped.onnx'),
    Buffer.concat(encodeModel(onnxGraph(model, 'float32', graph), {})),
  );
  const entries = Object.entries(tensors);
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify(Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]))),
  );
  writeFileSync(join(folder, 'tensors.bin'), Buffer.concat(entries.map(([, { data }]) => bytesOf(data))));
  const { torch = [], ...files } = runPeer<Record<string, number[]>>(python as string, 'grouped.py', [
    folder,
  ]);
  expect(torch).toHaveLength(10);
  expect(largestDifference(torch.slice(0, 5), torch.slice(5))).toBeGreaterThan(0.01);
  expect(Object.keys(files)).toHaveLength(3);
  for (const outputs of Object.values(files)) expect(largestDifference(outputs, torch)).toBeLessThan(1e-5);
});

test('TensorFlow.js has none: refused by name', () => {
  expect(() => topologyOf(network)).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_ARGUMENT',
      message:
        'TensorFlow.js has no grouped convolutions, of which small has some (grouped): choose another format.',
    }),
  );
});
