import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import {
  adam,
  batchNormalization,
  cosine,
  type Dataset,
  dense,
  dropout,
  flatten,
  globalAveragePooling,
  imageArray,
  imageFolder,
  linearHead,
  loadResNet,
  type ResNet,
  ResNet18,
  ResNet50,
  sgd,
} from '../lib/index.ts';
import { temporaryFolder } from './support/folders.ts';
import { drawFolder } from './support/images.ts';

const folder = temporaryFolder();

const small = { weights: null, device: 'cpu', inputShape: [32, 32, 3] } as const;
const head = () => [globalAveragePooling(), dense(3, { activation: 'softmax' })];

async function headOnly(): Promise<ResNet> {
  const model = await ResNet18.load(small);
  model.freeze();
  model.replaceHead(head());
  model.compile({ optimizer: adam({ learningRate: 0.01 }) });
  return model;
}

/** Random preprocessed pixels; the class shows in one channel. */
function drawn(images: number): Dataset {
  const data = new Float32Array(images * 32 * 32 * 3);
  const labels = Int32Array.from({ length: images }, (_, image) => image % 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (state * 16807) % 2147483647;
    const label = labels[Math.floor(i / (32 * 32 * 3))];
    data[i] = state / 2147483647 - 0.5 + (i % 3 === label ? 0.5 : 0);
  }
  return imageArray(data, { shape: [images, 32, 32, 3], labels, classes: ['r', 'g', 'b'] });
}

describe('what is refused', () => {
  test('misspelt and unusable options, by name', async () => {
    await expect(ResNet50.load({ wieghts: null } as object)).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_OPTION',
      message: expect.stringContaining('did you mean weights?'),
    });
    await expect(loadResNet('resnet51' as 'resnet50', small)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    await expect(ResNet18.load({ ...small, inputShape: [16, 16, 3] })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    await expect(ResNet18.load({ ...small, device: 'gpu' as 'cuda' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    await expect(ResNet18.load({ ...small, device: 'cuda:63' })).rejects.toMatchObject({
      code: 'ERR_DEVICE_NOT_FOUND',
    });
    expect(() => dense(0)).toThrow('Expected a positive integer for units but received 0 of type number.');
    expect(() => dropout(1)).toThrow('rate');
    expect(() => adam({ learningrate: 1 } as object)).toThrow('did you mean learningRate?');
  });

  test('weights that are not there, are no weights, or are of another network', async () => {
    const missing = path.join(folder, 'missing.pth');
    await expect(ResNet18.load({ ...small, weights: missing })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_NOT_FOUND',
    });
    const text = path.join(folder, 'text.pth');
    await writeFile(text, 'not weights');
    await expect(ResNet18.load({ ...small, weights: text })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_FORMAT',
    });
    const file = path.join(folder, 'resnet18.safetensors');
    const model = await ResNet18.load(small);
    await model.save(file);
    await expect(loadResNet('resnet34', { ...small, weights: file })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_MISMATCH',
    });
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length - 100));
    await expect(ResNet18.load({ ...small, weights: file })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_FORMAT',
    });
    await expect(model.save(path.join(folder, 'model.caffemodel'))).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_FORMAT',
    });
    await expect(model.save(path.join(folder, 'no', 'such', 'folder.safetensors'))).rejects.toMatchObject({
      code: 'ERR_IO',
    });
  });

  test('training without compile(), of nothing, of one class, of more classes than outputs', async () => {
    const model = await ResNet18.load(small);
    await expect(model.fit(drawn(6))).rejects.toMatchObject({ code: 'ERR_NOT_COMPILED' });
    model.compile();
    model.freeze(/./);
    await expect(model.fit(drawn(6))).rejects.toMatchObject({ code: 'ERR_NOTHING_TO_TRAIN' });
    model.replaceHead(linearHead(2));
    await expect(model.fit(drawn(6))).rejects.toMatchObject({ code: 'ERR_CLASS_COUNT' });
    const one = imageArray(new Uint8Array(3 * 12), {
      shape: [3, 2, 2, 3],
      labels: [0, 0, 0],
      classes: ['a'],
    });
    await expect(model.fit(one)).rejects.toMatchObject({ code: 'ERR_DATA_ONE_CLASS' });
    await expect(model.fit(drawn(6), { batchsize: 2 } as object)).rejects.toThrow('did you mean batchSize?');
  });
});

describe('freezing', () => {
  let model: ResNet;
  beforeAll(async () => {
    model = await ResNet50.load({ weights: null, device: 'cpu', includeTop: false });
  });

  test('the headless ResNet-50 has the 175 layers of Keras', () => {
    expect(model.layers).toHaveLength(175);
    // torchvision's 23,508,032 parameters and 53,120 running statistics.
    expect(model.countParams()).toEqual({ total: 23_561_152, trainable: 23_508_032, nonTrainable: 53_120 });
  });

  test('the last ten layers are those of Keras', () => {
    model.freeze();
    model.unfreeze({ last: 10 });
    expect(model.layers.filter((layer) => layer.trainable).map((layer) => layer.name)).toEqual(
      ['1_conv', '1_bn', '1_relu', '2_conv', '2_bn', '2_relu', '3_conv', '3_bn', 'add', 'out'].map(
        (name) => `conv5_block3_${name}`,
      ),
    );
    // 2048 x 512 + 512 x 512 x 9 + 512 x 2048 weights, and 2 x (512 + 512 + 2048) of the BatchNorms
    expect(model.countParams().trainable).toBe(4_462_592);
  });

  test('layers are named by stage, block, module and pattern, in both vocabularies', () => {
    const chosen = (selector: Parameters<ResNet['unfreeze']>[0]) => {
      model.freeze();
      model.unfreeze(selector);
      return model.layers.filter((layer) => layer.trainable).length;
    };
    // 12 layers in the first block, 10 in each other; torchvision names the convolutions, BatchNorms and blocks.
    expect(chosen('conv5')).toBe(32);
    expect(chosen('layer4')).toBe(10 * 2 + 3);
    expect(chosen('conv5_block3')).toBe(10);
    expect(chosen('layer4.2.conv3')).toBe(1);
    expect(chosen(/_bn$/)).toBe(53);
    expect(chosen(['conv1_conv', 'conv1_bn'])).toBe(2);
    expect(() => model.unfreeze('layer5')).toThrow('did you mean layer1?');
  });

  test('a single layer is read and set', () => {
    model.freeze();
    const layer = model.layers.find(({ name }) => name === 'conv1_bn');
    if (!layer) throw new Error('no conv1_bn');
    expect(layer).toMatchObject({
      torchName: 'bn1',
      type: 'BatchNormalization',
      outputShape: [112, 112, 64],
      paramCount: 256,
    });
    layer.trainable = true;
    expect(model.countParams().trainable).toBe(128);
  });

  test('the summary lists every layer and the counts', () => {
    const lines = model.summary().split('\n');
    expect(lines.filter((line) => line.includes('(Conv2D)'))).toHaveLength(53);
    expect(lines.at(-3)).toContain('23,561,152');
  });
});

describe('training', () => {
  test('a head learns; the history has one entry an epoch; callbacks are called', async () => {
    const model = await headOnly();
    const events: string[] = [];
    const history = await model.fit(drawn(48), {
      epochs: 6,
      batchSize: 8,
      validationData: drawn(24),
      callbacks: {
        onTrainBegin: ({ batches, steps }) => events.push(`begin ${batches} ${steps}`),
        onEpochEnd: (epoch, logs) => events.push(`epoch ${epoch} ${logs.valLoss !== undefined}`),
      },
    });
    expect(events).toEqual(['begin 6 36', ...[0, 1, 2, 3, 4, 5].map((epoch) => `epoch ${epoch} true`)]);
    expect(history.loss).toHaveLength(6);
    expect(history.loss[5]).toBeLessThan(history.loss[0] as number);
    expect(history.valAccuracy[5]).toBeGreaterThan(0.6);
    expect(model.classes).toEqual(['r', 'g', 'b']);
    const evaluation = await model.evaluate(drawn(24));
    expect(evaluation.confusionMatrix.flat().reduce((a, b) => a + b)).toBe(24);
    expect(evaluation.perClass.map(({ support }) => support)).toEqual([8, 8, 8]);
  });

  test('a frozen backbone is byte-identical afterwards', async () => {
    const model = await headOnly();
    const before = await model.state();
    await model.fit(drawn(24), { epochs: 2, batchSize: 8 });
    const after = await model.state();
    for (const [name, { data }] of Object.entries(before)) {
      if (!name.startsWith('fc.')) expect(Buffer.compare(bytes(data), bytes(after[name]?.data))).toBe(0);
    }
    expect(Buffer.compare(bytes(before['fc.weight']?.data), bytes(after['fc.weight']?.data))).not.toBe(0);
  });

  test('the recipe of Keras: flatten head, dropout, last layers unfrozen, in bfloat16 as well', async () => {
    for (const precision of ['float32', 'bfloat16'] as const) {
      const model = await ResNet18.load(small);
      model.freeze();
      model.replaceHead([
        flatten(),
        dense(16, { activation: 'relu' }),
        batchNormalization(),
        dropout(0.5),
        dense(3, { activation: 'softmax' }),
      ]);
      model.unfreeze({ last: 10 });
      model.compile({
        optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }),
        schedule: cosine({ warmupEpochs: 1 }),
        labelSmoothing: 0.1,
        metrics: ['accuracy', 'top5'],
        groups: [{ layers: 'layer4', learningRate: 0.002 }],
      });
      const history = await model.fit(drawn(48), {
        epochs: 5,
        batchSize: 16,
        precision,
        clipNorm: 5,
        accumulationSteps: 2,
        classWeight: 'auto',
      });
      expect(history.precision).toBe(precision);
      expect(history.loss[4]).toBeLessThan(history.loss[0] as number);
      expect(history.top5).toEqual([1, 1, 1, 1, 1]);
    }
  });

  test('the event loop stays free while training', async () => {
    const model = await headOnly();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    let during = 0;
    await model.fit(drawn(96), {
      epochs: 5,
      batchSize: 8,
      callbacks: {
        onEpochEnd: () => {
          during = ticks;
        },
      },
    });
    clearInterval(timer);
    expect(during).toBeGreaterThan(5);
  });

  test('a signal ends the run, a throwing callback too; the model is usable afterwards', async () => {
    const model = await headOnly();
    const controller = new AbortController();
    const callbacks = { onEpochEnd: () => controller.abort() };
    await expect(
      model.fit(drawn(24), { epochs: 500, batchSize: 8, signal: controller.signal, callbacks }),
    ).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const throwing = {
      onEpochEnd: () => {
        throw new RangeError('mine');
      },
    };
    await expect(model.fit(drawn(24), { epochs: 500, batchSize: 8, callbacks: throwing })).rejects.toThrow(
      'mine',
    );
    await expect(model.fit(drawn(24), { epochs: 1 })).resolves.toBeDefined();
  });

  test('while it trains, a model refuses other work; a disposed one refuses all', async () => {
    const model = await headOnly();
    const fitting = model.fit(drawn(48), { epochs: 2, batchSize: 8 });
    expect(() => model.freeze()).toThrow('being trained');
    await expect(model.evaluate(drawn(6))).rejects.toMatchObject({ code: 'ERR_MODEL_BUSY' });
    await fitting;
    model.dispose();
    expect(() => model.device).toThrow('disposed');
  });
});

describe('files', () => {
  test('trains from a folder of photographs, skips what is damaged, predicts, saves and loads', async () => {
    const root = path.join(folder, 'photos');
    await drawFolder(root, ['circle', 'square'], 12);
    await writeFile(path.join(root, 'circle', 'damaged.jpg'), 'no image');
    const { train, validation } = await imageFolder(root, { validationSplit: 0.25, seed: 1 });
    const model = await ResNet18.load({ ...small, inputShape: [64, 64, 3] });
    model.replaceHead(linearHead(2));
    model.compile({ optimizer: adam({ learningRate: 1e-3 }) });
    const history = await model.fit(train, {
      epochs: 2,
      batchSize: 8,
      augment: 'standard',
      ...(validation && { validationData: validation }),
    });
    const skipped = history.skipped.map(({ name, code }) => [path.basename(name), code]);
    expect(skipped).toEqual([['damaged.jpg', 'ERR_IMAGE_DECODE']]);
    await expect(model.fit(train, { maxSkippedShare: 0 })).rejects.toMatchObject({
      code: 'ERR_TOO_MANY_BAD_IMAGES',
    });

    const image = path.join(root, 'square', '0.png');
    const [fromFile] = await model.predict([image]);
    const [fromBuffer] = await model.predict([await readFile(image)]);
    expect(fromBuffer).toEqual(fromFile);
    await expect(model.predict([path.join(root, 'circle', 'damaged.jpg')])).rejects.toMatchObject({
      code: 'ERR_IMAGE_DECODE',
      message: expect.stringContaining('damaged.jpg'),
    });

    const file = path.join(folder, 'model.safetensors');
    await model.save(file);
    const loaded = await loadResNet(undefined, { weights: file, device: 'cpu' });
    expect(loaded.classes).toEqual(['circle', 'square']);
    expect(loaded.inputShape).toEqual([64, 64, 3]);
    expect(await loaded.predict([image])).toEqual([fromFile]);

    const script = path.join(folder, 'model.pt');
    await model.save(script);
    const scripted = await ResNet18.load({ weights: script, device: 'cpu' });
    expect(scripted.classes).toEqual(['circle', 'square']);
    expect(scripted.inputShape).toEqual([64, 64, 3]);
    const input = { data: new Float32Array(64 * 64 * 3).fill(0.3), shape: [1, 64, 64, 3] };
    expect(await scripted.apply(input)).toEqual(await model.apply(input));
  });

  test('pixels in memory are resized like files', async () => {
    const pixels = await sharp({ create: { width: 50, height: 40, channels: 3, background: '#4080c0' } })
      .raw()
      .toBuffer();
    const model = await ResNet18.load(small);
    const fromPixels = await model.predict(
      { data: new Uint8Array(pixels), shape: [1, 40, 50, 3] },
      { topK: 1 },
    );
    const png = await sharp(pixels, { raw: { width: 50, height: 40, channels: 3 } })
      .png()
      .toBuffer();
    expect(await model.predict([png], { topK: 1 })).toEqual(fromPixels);
  });
});

function bytes(data: Float32Array | undefined): Buffer {
  if (!data) throw new Error('a tensor is missing');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
