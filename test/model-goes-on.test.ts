import { createHash } from 'node:crypto';
import path from 'node:path';
import { expect, jest, test } from '@jest/globals';
import {
  adam,
  type Callbacks,
  cosine,
  Dataset,
  dense,
  dropout,
  globalAveragePooling,
  imageArray,
  type ResNet,
  ResNet18,
  type Tensor,
} from '../lib/index.ts';
import { temporaryFolder } from './support/folders.ts';

const folder = temporaryFolder();
const small = { weights: null, device: 'cpu', inputShape: [32, 32, 3] } as const;

async function made(): Promise<ResNet> {
  const model = await ResNet18.load(small);
  model.freeze();
  model.replaceHead([globalAveragePooling(), dropout(0.3), dense(3, { activation: 'softmax' })]);
  model.unfreeze('layer4.1');
  model.compile({ optimizer: adam({ learningRate: 0.002 }), schedule: cosine({ epochs: 4 }) });
  return model;
}

/** Random pixels; the class shows in one channel. */
function drawn(images: number, classes = ['r', 'g', 'b']): Dataset {
  const data = new Uint8Array(images * 32 * 32 * 3);
  const labels = Int32Array.from({ length: images }, (_, image) => image % 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (state * 16807) % 2147483647;
    data[i] = (state % 128) + (i % 3 === labels[Math.floor(i / (32 * 32 * 3))] ? 100 : 0);
  }
  return imageArray(data, { shape: [images, 32, 32, 3], labels, classes });
}

const options = { batchSize: 4, seed: 3, augment: 'flip', precision: 'float32' } as const;

/** Digests: jest compares arrays number by number, for minutes. */
async function weightsOf(model: ResNet): Promise<Record<string, string>> {
  const state = await model.state();
  return Object.fromEntries(
    Object.entries(state).map(([name, { data }]) => [name, createHash('sha1').update(data).digest('hex')]),
  );
}

test('four calls of one epoch are one of four, bit for bit; compile starts anew', async () => {
  const train = drawn(12);
  const validationData = drawn(6);
  const once = await made();
  const whole = await once.fit(train, { ...options, epochs: 4, validationData });
  const split = await made();
  const losses: number[] = [];
  for (let epoch = 0; epoch < 4; epoch++) {
    const { loss } = await split.fit(train, { ...options, validationData });
    losses.push(...loss);
  }
  expect(losses).toEqual(whole.loss);
  expect(new Set(losses).size).toBe(4);
  expect(await weightsOf(split)).toEqual(await weightsOf(once));

  const numbered = await made();
  const first = await numbered.fit(train, { ...options, epochs: 2 });
  const second = await numbered.fit(train, { ...options, initialEpoch: 2, epochs: 4 });
  expect([first.epoch, second.epoch]).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect([...first.loss, ...second.loss]).toEqual(whole.loss);
  await expect(numbered.fit(train, { ...options, initialEpoch: 4, epochs: 4 })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  });

  // The same weights again, and nothing else of before.
  const anew = await made();
  await anew.fit(train, { ...options, epochs: 1 });
  await anew.loadWeights(await saved(await made()));
  anew.compile({ optimizer: adam({ learningRate: 0.002 }), schedule: cosine({ epochs: 4 }) });
  const { loss } = await anew.fit(train, { ...options, epochs: 4, validationData });
  expect(loss).toEqual(whole.loss);
});

let files = 0;
async function saved(model: ResNet, includeOptimizer = false, suffix = '.safetensors'): Promise<string> {
  const file = path.join(folder, `model-${++files}${suffix}`);
  await model.save(file, { includeOptimizer });
  return file;
}

test('a model that was saved with its optimizer goes on as if nothing had been between', async () => {
  const train = drawn(12);
  const once = await made();
  const whole = await once.fit(train, { ...options, epochs: 2 });
  const first = await made();
  await first.fit(train, options);
  const loaded = await ResNet18.load({ ...small, inputShape: undefined, weights: await saved(first, true) });
  expect(loaded.layers.map(({ trainable }) => trainable)).toEqual(
    first.layers.map(({ trainable }) => trainable),
  );
  expect(loaded.summary()).toBe(first.summary());
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const { loss } = await loaded.fit(train, options);
    expect(loss[0]).toBe(whole.loss[1]);
    expect(await weightsOf(loaded)).toEqual(await weightsOf(once));
    expect(warn).not.toHaveBeenCalled();

    // Without it the run goes on from the weights, and that is said.
    const bare = await ResNet18.load({ ...small, inputShape: undefined, weights: await saved(first) });
    await bare.fit(train, options);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[1]).toEqual({ code: 'THAW_OPTIMIZER_NOT_SAVED' });
    bare.compile();
    await bare.fit(train, options);
    expect(warn).toHaveBeenCalledTimes(1);
  } finally {
    warn.mockRestore();
  }
  await expect(saved(first, true, '.pth')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test('what was compiled belongs to the model: a saved one is measured with its loss', async () => {
  const model = await ResNet18.load(small);
  model.freeze();
  model.replaceHead([globalAveragePooling(), dense(3, { activation: 'sigmoid' })]);
  model.compile({ loss: 'binary_crossentropy', labelSmoothing: 0.1, optimizer: 'adam', metrics: ['acc'] });
  const data = drawn(9);
  const { evaluation } = await model.fit(data, { ...options, validationData: data });
  for (const suffix of ['.safetensors', '.pth', '.pt']) {
    const loaded = await ResNet18.load({
      ...small,
      inputShape: undefined,
      weights: await saved(model, false, suffix),
    });
    const again = await loaded.evaluate(data, { precision: 'float32' });
    expect(again.loss).toBeCloseTo(evaluation?.loss ?? Number.NaN, 6);
    expect(loaded.classes).toEqual(['r', 'g', 'b']);
    loaded.dispose();
  }
});

test('weights of classes and of images weigh training alone', async () => {
  const data = drawn(12);
  const runs = [];
  for (const classWeight of [undefined, { r: 5 }, { g: 0, b: 0 }]) {
    const model = await made();
    // Nothing moves: what is measured differs by the weights alone.
    model.compile({ optimizer: adam({ learningRate: 0 }) });
    model.freeze('layer4');
    const { loss, valLoss, evaluation } = await model.fit(data, {
      ...options,
      augment: 'none',
      classWeight,
      validationData: data,
    });
    const { loss: evaluated } = await model.evaluate(data, { precision: 'float32' });
    runs.push({ loss: loss[0] as number, measured: [valLoss[0], evaluation?.loss, evaluated] });
  }
  const [plain, weighted, part] = runs;
  expect(weighted?.measured).toEqual(plain?.measured);
  expect(part?.measured).toEqual(plain?.measured);
  expect(weighted?.loss).toBeGreaterThan(1.5 * (plain?.loss ?? 0));
  expect(part?.loss).toBeLessThan(plain?.loss ?? 0);
  const model = await made();
  await expect(model.fit(data, { ...options, classWeight: { r: 0, g: 0, b: 0 } })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: expect.stringContaining('the weight 0'),
  });
});

test('class names stay however a run ends, and are mapped by name', async () => {
  const model = await made();
  const stopper = new AbortController();
  const aborted = model.fit(drawn(12), {
    ...options,
    epochs: 3,
    signal: stopper.signal,
    callbacks: { onEpochEnd: () => stopper.abort() },
  });
  await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(model.classes).toEqual(['r', 'g', 'b']);
  expect((await ResNet18.load({ ...small, weights: await saved(model) })).classes).toEqual(['r', 'g', 'b']);

  await model.fit(drawn(30), { ...options, epochs: 6 });
  const usual = await model.evaluate(drawn(9));
  const { source, labels } = drawn(9);
  const turned = new Dataset({
    classes: ['b', 'r', 'g'],
    labels: labels.map((label) => (label + 1) % 3),
    source,
  });
  expect(await model.evaluate(turned)).toEqual(usual);
  const losses = [];
  for (const data of [drawn(9), turned]) {
    model.compile({ optimizer: adam({ learningRate: 0 }) });
    const { loss, valLoss } = await model.fit(data, { ...options, validationData: turned });
    losses.push([...loss, ...valLoss]);
    expect(model.classes).toEqual(['r', 'g', 'b']);
  }
  expect(losses[1]?.[0]).toBeCloseTo(losses[0]?.[0] as number, 4);
  await expect(model.evaluate(drawn(9, ['r', 'g', 'x']))).rejects.toMatchObject({ code: 'ERR_CLASS_NAMES' });
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  await model.fit(drawn(9, ['r', 'g', 'x']), options);
  expect(warn.mock.calls[0]?.[1]).toEqual({ code: 'THAW_CLASSES_REPLACED' });
  warn.mockRestore();
  expect(model.classes).toEqual(['r', 'g', 'x']);
});

test('layers that are held stay what they are; weights come and go in Keras’ shapes', async () => {
  const model = await made();
  const held = model.getLayer('conv5_block2_2_conv');
  const pool = model.getLayer('pool1_pool');
  const old = model.getLayer('dense');
  pool.trainable = true;
  held.trainable = false;
  model.replaceHead([globalAveragePooling(), dense(2, { activation: 'softmax' })]);
  expect(model.getLayer('conv5_block2_2_conv')).toBe(held);
  expect([pool.trainable, held.trainable]).toEqual([true, false]);
  expect(model.getLayer('pool1_pool').trainable).toBe(true);
  held.trainable = true;
  expect(model.layers.find(({ name }) => name === held.name)?.trainable).toBe(true);
  expect(() => {
    old.trainable = false;
  }).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_LAYER' }));
  expect(() => model.getLayer('dens')).toThrow('did you mean dense?');
  expect(model.getLayer(-1)).toBe(model.getLayer('dense'));

  const [kernel, bias] = await model.getLayer('dense').getWeights();
  expect([kernel?.shape, bias?.shape]).toEqual([[512, 2], [2]]);
  const changed = { data: Float32Array.from(kernel?.data ?? [], (_, i) => i), shape: [512, 2] };
  model.getLayer('dense').setWeights([changed, { data: Float32Array.of(7, 8), shape: [2] }]);
  const state = await model.state();
  // PyTorch's is [out, in].
  expect(Array.from(state['fc.weight']?.data.subarray(0, 3) ?? [])).toEqual([0, 2, 4]);
  expect(await model.getLayer('dense').getWeights()).toEqual([
    changed,
    { data: Float32Array.of(7, 8), shape: [2] },
  ]);
  const [filters, ...others] = await held.getWeights();
  held.setWeights([filters, ...others] as Tensor[]);
  expect(filters?.shape).toEqual([3, 3, 512, 512]);
  expect(() => model.getLayer('dense').setWeights([changed])).toThrow('a list of 2 tensors');
  expect(() => held.setWeights([{ ...changed, shape: [1, 1, 512, 2] }])).toThrow('[3, 3, 512, 512]');
});

test('weights are loaded into a model that is there, or refused as a whole', async () => {
  const source = await made();
  await source.fit(drawn(6), options);
  const target = await made();
  await target.loadWeights(await saved(source));
  expect(await weightsOf(target)).toEqual(await weightsOf(source));
  expect(target.classes).toEqual(['r', 'g', 'b']);
  const other = await made();
  other.replaceHead([globalAveragePooling(), dense(2)]);
  const before = await weightsOf(other);
  await expect(other.loadWeights(await saved(source))).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_MISMATCH',
    message: expect.stringContaining('includeTop: false'),
  });
  expect(await weightsOf(other)).toEqual(before);
  await other.loadWeights(await saved(source, false, '.pth'), { includeTop: false });
  const after = await weightsOf(other);
  expect(after['layer4.1.conv1.weight']).toEqual((await weightsOf(source))['layer4.1.conv1.weight']);
  expect(after['fc.weight']).toEqual(before['fc.weight']);
});

test('callbacks: a list, objects with state, promises waited for between epochs, rejections that reject', async () => {
  const model = await made();
  const events: string[] = [];
  class Recorder implements Callbacks {
    epochs = 0;
    async onEpochEnd(epoch: number) {
      this.epochs += 1;
      await new Promise((resolve) => setTimeout(resolve, 30));
      events.push(`slow ${epoch}`);
    }
    onEpochBegin(epoch: number) {
      events.push(`begin ${epoch}`);
    }
  }
  const recorder = new Recorder();
  await model.fit(drawn(6), {
    ...options,
    epochs: 3,
    callbacks: [
      recorder,
      {
        onTrainBegin: () => events.push('train'),
        onEpochEnd: (epoch) => events.push(`end ${epoch}`),
        onTrainEnd: ({ epoch }) => events.push(`done ${epoch.length}`),
      },
    ],
  });
  expect(recorder.epochs).toBe(3);
  expect(events).toEqual([
    'train',
    'begin 0',
    'end 0',
    'slow 0',
    'begin 1',
    'end 1',
    'slow 1',
    'begin 2',
    'end 2',
    'slow 2',
    'done 3',
  ]);
  await expect(
    model.fit(drawn(6), {
      ...options,
      epochs: 5,
      callbacks: {
        onEpochEnd: async () => {
          throw new Error('mine');
        },
      },
    }),
  ).rejects.toThrow('mine');
  await expect(
    model.fit(drawn(6), { ...options, callbacks: { onEpochEnds: () => 0 } as object }),
  ).rejects.toMatchObject({ code: 'ERR_UNKNOWN_OPTION' });
  await expect(
    model.fit(drawn(6), { ...options, callbacks: [new Date()] as unknown as Callbacks[] }),
  ).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test('stopTraining ends with the epoch, and the next call goes on', async () => {
  const model = await made();
  const history = await model.fit(drawn(12), {
    ...options,
    epochs: 5,
    callbacks: {
      onEpochEnd: (epoch) => {
        model.stopTraining = epoch === 1;
      },
    },
  });
  expect(history.epoch).toEqual([0, 1]);
  expect(history.stoppedEarly).toBe(true);
  const again = await model.fit(drawn(12), options);
  expect(again.epoch).toEqual([0]);
  expect(again.stoppedEarly).toBe(false);
});

test('trainOnBatch takes a step and goes on', async () => {
  const batch = drawn(6);
  const steps = await made();
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) losses.push((await steps.trainOnBatch(batch, { precision: 'float32' })).loss);
  expect(losses[2]).toBeLessThan(losses[0] as number);
  const whole = await made();
  const { loss } = await whole.fit(batch, {
    batchSize: 6,
    shuffle: false,
    epochs: 3,
    precision: 'float32',
  });
  expect(loss).toEqual(losses);
});

test('one softmax unit is refused', async () => {
  const model = await ResNet18.load(small);
  expect(() => model.replaceHead([globalAveragePooling(), dense(1, { activation: 'softmax' })])).toThrow(
    'always 1',
  );
});
