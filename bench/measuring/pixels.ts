import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { type Dataset, imageFolder } from '../../lib/index.ts';

const SIZE = 224;
const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;

/** Images that are ready for the network: the very same numbers for both sides. */
export interface Pixels {
  readonly data: Float32Array;
  /** [images, height, width, 3] */
  readonly shape: readonly [number, number, number, number];
  readonly labels: readonly number[];
  /** The same data as a file of raw float32 values, for the peer. */
  readonly file: string;
}

/**
 * Reads `count` of a folder's photographs, spread evenly over the classes, decoded by neither side but by sharp:
 * the shorter side to 224, centre crop, ImageNet's mean and deviation.
 */
export async function preparePixels(dataset: Dataset, count: number, folder: string): Promise<Pixels> {
  if (dataset.source.kind !== 'files') throw new TypeError('A data set of files is expected.');
  const { paths } = dataset.source;
  // Steps of the golden ratio: any first few of them are spread over the whole list, and so over the classes.
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(((i * 0.6180339887) % 1) * paths.length));
  const data = new Float32Array(count * SIZE * SIZE * 3);
  for (const [i, index] of chosen.entries()) {
    const bytes = await sharp(paths[index])
      .rotate()
      .resize(SIZE, SIZE, { fit: 'cover' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
    const image = data.subarray(i * SIZE * SIZE * 3, (i + 1) * SIZE * SIZE * 3);
    for (let j = 0; j < image.length; j++) {
      image[j] = ((bytes[j] ?? 0) / 255 - (MEAN[j % 3] ?? 0)) / (STD[j % 3] ?? 1);
    }
  }
  const file = path.join(folder, `pixels-${count}.bin`);
  await writeFile(file, data);
  const labels = chosen.map((index) => dataset.labels[index] ?? 0);
  return { data, shape: [count, SIZE, SIZE, 3], labels, file };
}

/** As `preparePixels`, of a folder of class folders. */
export async function preparePixelsOf(images: string, count: number, folder: string): Promise<Pixels> {
  return preparePixels((await imageFolder(images)).train, count, folder);
}
