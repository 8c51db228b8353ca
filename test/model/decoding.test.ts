import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import {
  dense,
  type FitOptions,
  globalAveragePooling,
  imageFolder,
  loadResNet,
  type ResNet,
  ResNet18,
} from '../../lib/index.ts';
import { native } from '../../lib/native.ts';
import { temporaryFolder } from '../support/folders.ts';

const folder = temporaryFolder();
const photos = path.join(folder, 'photos');
const large = path.join(photos, 'a', '0.jpg');

/** Large beside the network's input, and with fine lines, which a reduced decoding blurs. */
function drawPhotograph(file: string, shade: number): Promise<unknown> {
  const pixels = Buffer.alloc(640 * 480 * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * i * 7 + (i >> 6) * shade) % 256;
  return sharp(pixels, { raw: { width: 640, height: 480, channels: 3 } })
    .jpeg({ quality: 90 })
    .toFile(file);
}

let data: Awaited<ReturnType<typeof imageFolder>>;

beforeAll(async () => {
  for (const name of ['a', 'b']) {
    mkdirSync(path.join(photos, name), { recursive: true });
    for (let i = 0; i < 2; i++) {
      await drawPhotograph(path.join(photos, name, `${i}.jpg`), name === 'a' ? 3 + i : 11 + i);
    }
  }
  data = await imageFolder(photos);
});

async function headOnly(): Promise<ResNet> {
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3], seed: 1 });
  model.freeze();
  model.replaceHead([globalAveragePooling(), dense(2, { activation: 'softmax' })]);
  model.compile();
  return model;
}

async function trained(options: FitOptions = {}): Promise<ResNet> {
  const model = await headOnly();
  await model.fit(data.train, options);
  return model;
}

async function probability(model: ResNet, decode?: 'exact' | 'fast'): Promise<number> {
  const [prediction] = await model.predict([large], decode && { decode });
  return prediction?.probability ?? 0;
}

describe('decode', () => {
  test('exact unless asked for: what large files are decoded at moves a probability', async () => {
    const model = await trained();
    const exact = await probability(model, 'exact');
    expect(await probability(model)).toBe(exact);
    expect(await probability(model, 'fast')).not.toBe(exact);
  });

  test('a model remembers how it was trained, in files of every format as well', async () => {
    const model = await trained({ decode: 'fast' });
    const fast = await probability(model, 'fast');
    expect(await probability(model)).toBe(fast);
    expect(await probability(model, 'exact')).not.toBe(fast);
    for (const name of ['fast.safetensors', 'fast.pt', 'fast/model.json']) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      await model.save(file);
      const loaded = await loadResNet(undefined, { weights: file, device: 'cpu' });
      expect(await probability(loaded)).toBe(await probability(loaded, 'fast'));
      expect(await probability(loaded)).not.toBe(await probability(loaded, 'exact'));
    }
  });

  test('a run does not go on with images that are decoded otherwise, nor finds their features', async () => {
    const found: number[] = [];
    const options = (decode: 'exact' | 'fast'): FitOptions => ({
      decode,
      cache: { mode: 'disk', directory: path.join(folder, 'cache') },
      callbacks: { onTrainBegin: ({ trainCache }) => void found.push(trainCache.found) },
    });
    await trained(options('fast'));
    await trained(options('exact'));
    await trained(options('exact'));
    expect(found).toEqual([0, 0, 4]);

    const checkpoint = { directory: path.join(folder, 'checkpoint') };
    await trained({ decode: 'fast', checkpoint });
    const other = await headOnly();
    const goOn = other.fit(data.train, { epochs: 2, checkpoint: { ...checkpoint, resume: true } });
    await expect(goOn).rejects.toMatchObject({
      code: 'ERR_CHECKPOINT_MISMATCH',
      message: expect.stringContaining('decode'),
    });
  });
});

test('more pixels than maxPixels are unreadable: left out in training, refused in prediction', async () => {
  const model = await headOnly();
  await expect(model.fit(data.train, { maxPixels: 640 * 480 - 1 })).rejects.toMatchObject({
    code: 'ERR_DATA_EMPTY',
    message: expect.stringContaining('claims 640 x 480 pixels, more than the 307199 that `maxPixels` allows'),
  });
  const { skipped } = await model.fit(data.train, { maxPixels: 640 * 480 });
  expect(skipped).toEqual([]);
  await expect(model.predict([large], { maxPixels: 1000 })).rejects.toMatchObject({
    code: 'ERR_IMAGE_TOO_LARGE',
  });
});

test('the addon says which formats it reads', () => {
  const { imageFormats, libvips } = native().info();
  expect(imageFormats).toEqual(expect.arrayContaining(['BMP', 'GIF', 'PPM']));
  if (libvips) expect(imageFormats).toEqual(expect.arrayContaining(['JPEG', 'PNG', 'WebP', 'TIFF']));
});
