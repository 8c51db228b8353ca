import { expect, test } from '@jest/globals';
import { networkGraph } from '../lib/formats/graph.ts';
import { linearHead, loadResNet, ResNet18, ResNet50 } from '../lib/index.ts';
import { preprocessingFor } from '../lib/network/preprocessing.ts';

const small = { weights: null, device: 'cpu', inputShape: [32, 32, 3] } as const;

// `networkGraph` is compared with the list that Keras prints, where Keras is at hand (formats/keras.test.ts).
test.each([
  ['resnet50', 'keras', 64],
  ['resnet50', 'torchvision', 64],
  ['resnet101', 'keras', 32],
  ['resnet152', 'torchvision', 32],
] as const)('%s, %s: the last N layers are those of Keras for every N', async (name, variant, side) => {
  const inputShape = [side, side, 3] as const;
  const model = await loadResNet(name, { ...small, variant, inputShape, includeTop: false });
  const preprocessing = preprocessingFor(inputShape, 'keras');
  const graph = networkGraph({
    architecture: name,
    variant: 'keras',
    head: [],
    classes: [],
    preprocessing,
  });
  expect(model.layers.map((layer) => layer.name)).toEqual(graph.map((layer) => layer.name));
  for (let last = 0; last <= graph.length; last++) {
    model.freeze();
    if (last > 0) model.unfreeze({ last });
    const trained = model.layers.map((layer) => layer.trainable);
    expect(trained.indexOf(true)).toBe(last === 0 ? -1 : graph.length - last);
    expect(trained.filter(Boolean)).toHaveLength(last);
  }
  model.dispose();
});

test("Keras' has its parameters, its preprocessing and no small networks", async () => {
  const model = await ResNet50.load({ weights: null, device: 'cpu', variant: 'keras' });
  // As ResNet50().summary() says.
  expect(model.countParams()).toEqual({ total: 25_636_712, trainable: 25_583_592, nonTrainable: 53_120 });
  expect(model.variant).toBe('keras');
  model.dispose();
  await expect(ResNet18.load({ ...small, variant: 'keras' })).rejects.toMatchObject({
    code: 'ERR_UNKNOWN_ARCHITECTURE',
  });
});

test('dense layers are drawn as Keras or as PyTorch draws them', async () => {
  const model = await ResNet18.load(small);
  const drawn = async (initializer: 'keras' | 'pytorch') => {
    model.replaceHead(linearHead(100), { initializer });
    const { 'fc.weight': weight, 'fc.bias': bias } = await model.state();
    const extent = (values: Float32Array | undefined) => Math.max(...(values ?? []).map(Math.abs));
    return { weight: extent(weight?.data), bias: extent(bias?.data) };
  };
  const [keras, pytorch] = [await drawn('keras'), await drawn('pytorch')];
  const [glorot, uniform] = [Math.sqrt(6 / (512 + 100)), 1 / Math.sqrt(512)];
  expect(keras.bias).toBe(0);
  expect(keras.weight).toBeLessThanOrEqual(glorot);
  expect(keras.weight).toBeGreaterThan(0.99 * glorot);
  expect(pytorch.weight).toBeLessThanOrEqual(uniform);
  expect(pytorch.weight).toBeGreaterThan(0.99 * uniform);
  expect(pytorch.bias).toBeGreaterThan(0.9 * uniform);
  expect(pytorch.bias).toBeLessThanOrEqual(uniform);
  model.dispose();
});
