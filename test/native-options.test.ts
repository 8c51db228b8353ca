import { expect, test } from '@jest/globals';
import {
  type NativeFitOptions,
  type NativeModel,
  type NativeModelOptions,
  type NativeTraining,
  native,
} from '../lib/native.ts';
import type { NativeEvent } from '../lib/native-run.ts';

// The addon itself, without the checks of the library above it.

const preprocessing = {
  height: 32,
  width: 32,
  resize: 32,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  decode: 'exact' as const,
};
const dense = { kind: 'dense', name: 'dense', units: 2, activation: 'linear' } as const;
const pooling = { kind: 'globalAveragePooling', name: 'pool' } as const;
const base: NativeModelOptions = {
  architecture: 'resnet18',
  variant: 'torchvision',
  device: 'cpu',
  head: [pooling, dense],
  seed: 0,
  initializer: 'keras',
  preprocessing,
  origin: 'x',
  backboneOnly: false,
};

async function model(): Promise<NativeModel> {
  const made = await native().createModel(base);
  const frozen = made.layers().flatMap((layer, index) => (layer.head ? [] : [index]));
  made.setTrainable(frozen, false);
  return made;
}

const data = () => ({
  pixels: Float32Array.from({ length: 4 * 32 * 32 * 3 }, (_, i) => Math.sin(i)),
  shape: [4, 32, 32, 3],
  labels: Int32Array.of(0, 1, 0, 1),
});

function trained(
  network: NativeModel,
  training: object,
  options: object,
  listener: (event: NativeEvent) => void = () => {},
) {
  // Whatever the types say.
  const [anything, more] = [training, options] as [NativeTraining, NativeFitOptions];
  return network.fit(data(), undefined, 2, anything, more, new (native().StopFlag)(), listener);
}

test.each([
  ['a key', { learningrate: 1 }, {}, 'ERR_UNKNOWN_OPTION', 'learningrate'],
  ['a key of the run', {}, { epoch: 1 }, 'ERR_UNKNOWN_OPTION', 'epoch'],
  [
    'a key deeper down',
    { optimizer: { kind: 'adam', amsgrad: true } },
    {},
    'ERR_UNKNOWN_OPTION',
    'optimizer.amsgrad',
  ],
  ['a key in a list', { groups: [{ modules: ['fc'], lr: 1 }] }, {}, 'ERR_UNKNOWN_OPTION', 'groups[0].lr'],
  ['an optimizer', { optimizer: { kind: 'lion' } }, {}, 'ERR_INVALID_ARGUMENT', "'lion'"],
  ['a loss', { loss: 'hinge' }, {}, 'ERR_INVALID_ARGUMENT', "'hinge'"],
  ['a schedule', { schedule: { kind: 'linear' } }, {}, 'ERR_INVALID_ARGUMENT', "'linear'"],
  ['an augmentation', {}, { augment: 'mixup' }, 'ERR_INVALID_ARGUMENT', "'mixup'"],
  ['a precision', {}, { precision: 'float16' }, 'ERR_INVALID_ARGUMENT', "'float16'"],
  ['a cache mode', {}, { cache: { mode: 'ram' } }, 'ERR_INVALID_ARGUMENT', "'ram'"],
  ['what is watched', {}, { earlyStopping: { monitor: 'f1' } }, 'ERR_INVALID_ARGUMENT', "'f1'"],
  ['a string for a number', {}, { epochs: '3' }, 'ERR_INVALID_ARGUMENT', 'epochs'],
  ['half an epoch', {}, { epochs: 1.5 }, 'ERR_INVALID_ARGUMENT', 'epochs'],
  ['a negative seed', {}, { seed: -1 }, 'ERR_INVALID_ARGUMENT', 'seed'],
  ['no number', { labelSmoothing: Number.NaN }, {}, 'ERR_INVALID_ARGUMENT', 'labelSmoothing'],
  ['a number for a truth', {}, { shuffle: 1 }, 'ERR_INVALID_ARGUMENT', 'shuffle'],
  ['a list for an object', { optimizer: [] }, {}, 'ERR_INVALID_ARGUMENT', 'optimizer'],
  ['a group without modules', { groups: [{}] }, {}, 'ERR_INVALID_ARGUMENT', 'groups[0].modules'],
])('%s that the addon does not know is refused by name', async (_, training, options, code, name) => {
  const network = await model();
  const failure = trained(network, training, options);
  await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining(name) });
  network.setTrainable([], true); // not busy
});

test('so are options of a model, of its head and of a data set', async () => {
  const create = (options: object) => native().createModel({ ...base, ...options });
  const known = { kind: 'dense', name: 'd', units: 2 };
  await expect(create({ dropout: 1 })).rejects.toMatchObject({ code: 'ERR_UNKNOWN_OPTION' });
  await expect(create({ variant: 'timm' })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  await expect(create({ initializer: 'he' })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  await expect(create({ weights: native().info() })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  await expect(create({ preprocessing: { ...preprocessing, mean: [1] } })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  });
  await expect(create({ head: [{ ...known, kind: 'lstm' }] })).rejects.toThrow("'lstm'");
  await expect(create({ head: [{ ...known, activation: 'gelu' }] })).rejects.toThrow('head[0].activation');
  await expect(create({ head: [{ ...known, bias: false }] })).rejects.toThrow('head[0].bias');
  await expect(create({ head: [{ units: 2 }] })).rejects.toThrow('head[0].kind');
  const network = await model();
  const stop = new (native().StopFlag)();
  for (const wrong of [
    { ...data(), shape: [5, 32, 32, 3] },
    { ...data(), shape: [-4, -32, 32, 3] },
    { ...data(), labels: [0, 1, 0, 1] },
    { images: [new Uint8Array(1), 'x'] },
    { ...data(), weights: 1 },
  ]) {
    const failure = network.evaluate(
      wrong as object,
      2,
      {} as NativeTraining,
      {} as NativeFitOptions & { thresholds: [] },
      stop,
    );
    await expect(failure).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(INVALID|UNKNOWN)/) });
  }
  network.dispose();
});

test('undefined and null are absent; a misfit that only the engine sees is an error as well', async () => {
  const network = await model();
  const history = await trained(network, { groups: undefined, more: undefined }, { earlyStopping: null });
  expect(history.epochs).toHaveLength(1);
  expect(() => network.setTrainable([9999], true)).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL' }));
  await expect(
    native().makeWeights('x', { a: { data: new Float32Array(4), shape: [-2, -2] } }, {}),
  ).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  expect(() => network.replaceHead([pooling, { ...dense, units: 2 ** 50 }], 0, 'keras')).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }),
  );
});

test('a model whose run was refused can be used; what a listener throws ends the run', async () => {
  const network = await model();
  const nothing = [{} as NativeTraining, {} as NativeFitOptions] as const;
  const broken = { ...data(), labels: undefined } as object;
  const stop = new (native().StopFlag)();
  await expect(network.fit(broken, undefined, 2, ...nothing, stop, () => {})).rejects.toThrow();
  await expect(
    network.fit({ images: 1 } as object, undefined, 2, ...nothing, stop, () => {}),
  ).rejects.toThrow();
  network.setTrainable([], true);
  const failure = trained(network, {}, { epochs: 1_000_000 }, () => {
    throw new RangeError('enough');
  });
  await expect(failure).rejects.toThrow('enough');
  network.dispose();
});

test('class weights and label smoothing reach the loss', async () => {
  const weights = async (training: object) => {
    const network = await model();
    await trained(network, training, { epochs: 2 });
    const { 'fc.weight': weight } = await network.state();
    network.dispose();
    return weight?.data;
  };
  const usual = await weights({});
  expect(await weights({ classWeight: [1, 1], labelSmoothing: 0 })).toEqual(usual);
  expect(await weights({ classWeight: [5, 1] })).not.toEqual(usual);
  expect(await weights({ labelSmoothing: 0.3 })).not.toEqual(usual);
});
