import { expect, test } from '@jest/globals';
import { type CompileOptions, imageArray, linearHead, ResNet18, sgd } from '../lib/index.ts';

const data = imageArray(
  Float32Array.from({ length: 8 * 32 * 32 * 3 }, (_, i) => Math.sin(i)),
  { shape: [8, 32, 32, 3], labels: [0, 1, 0, 1, 0, 1, 0, 1], classes: ['a', 'b'] },
);

/** By how much each weight has moved after one step: its learning rate times its gradient. */
async function moved(options: CompileOptions): Promise<Record<string, number>> {
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
  model.replaceHead(linearHead(2));
  for (const layer of model.layers) layer.trainable = !layer.type.startsWith('Batch');
  const before = await model.state();
  model.compile({ optimizer: sgd({ learningRate: 1e-3, momentum: 0 }), ...options });
  await model.fit(data, { batchSize: 8, shuffle: false, precision: 'float32' });
  const after = await model.state();
  model.dispose();
  const norm = (name: string) => {
    const from = before[name]?.data ?? new Float32Array();
    return Math.sqrt(from.reduce((sum, value, i) => sum + (value - (after[name]?.data[i] ?? 0)) ** 2, 0));
  };
  return Object.fromEntries(
    [
      'fc.weight',
      'layer4.1.conv2.weight',
      'layer4.0.conv1.weight',
      'layer1.0.conv1.weight',
      'conv1.weight',
    ].map((name) => [name.replace('.weight', ''), norm(name)]),
  );
}

test('the backbone has a rate of its own, less with each block, and groups have theirs', async () => {
  const one = await moved({});
  const ratio = async (options: CompileOptions) => {
    const other = await moved(options);
    return Object.fromEntries(Object.entries(other).map(([name, size]) => [name, size / (one[name] ?? 0)]));
  };
  const near = (value: number) => expect.closeTo(value, 3);
  expect(await ratio({ backboneLearningRate: 1e-2 })).toEqual({
    fc: near(1),
    'layer4.1.conv2': near(10),
    'layer4.0.conv1': near(10),
    'layer1.0.conv1': near(10),
    conv1: near(10),
  });
  // Eight blocks, and what comes before them.
  expect(
    await ratio({
      layerDecay: 0.9,
      groups: [
        { layers: ['layer4.0', 'fc'], weightDecay: 0 },
        { layers: 'conv1_conv', learningRate: 2e-3 },
      ],
    }),
  ).toEqual({
    fc: near(1),
    'layer4.1.conv2': near(1),
    'layer4.0.conv1': near(0.9),
    'layer1.0.conv1': near(0.9 ** 7),
    conv1: near(2),
  });
});
