import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { native } from '../../lib/native.ts';

const CLASSES = 10;
const SIDE = 224;

/** Images that are ready for the network: the very same numbers for everyone. */
export interface Pixels {
  readonly data: Float32Array;
  /** [images, height, width, 3] */
  readonly shape: readonly [number, number, number, number];
  readonly labels: readonly number[];
  /** The same data as a file of raw float32 values, for the peers. */
  readonly file: string;
}

/**
 * Waves as smooth as a photograph: RGB rows in the range of what goes into the network, about -3 to 3. A class has
 * lengths of its own, and no two images are alike.
 */
function* waves(image: number, width: number, height: number): Generator<number> {
  const phase = (image * 0.618033989) % (2 * Math.PI);
  const length = 3 + 6 * (image % CLASSES);
  const line = (count: number, at: (i: number, c: number) => number) =>
    [0, 1, 2].map((c) => Float64Array.from({ length: count }, (_, i) => at(i, c)));
  const across = line(width, (x, c) => Math.sin(x / length + c + phase));
  const slanted = line(width + height, (i, c) => Math.cos(i / (7 + 2 * c)));
  const down = line(height, (y) => Math.sin(y / (11 + length) + 3 * phase));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        yield (across[c]?.[x] ?? 0) + (slanted[c]?.[x + y] ?? 0) + (down[c]?.[y] ?? 0);
}

export async function drawPixels(images: number, folder: string): Promise<Pixels> {
  const data = new Float32Array(images * SIDE * SIDE * 3);
  let at = 0;
  for (let i = 0; i < images; i++) for (const value of waves(i, SIDE, SIDE)) data[at++] = value;
  const file = path.join(folder, `pixels-${images}.bin`);
  await writeFile(file, data);
  const labels = Array.from({ length: images }, (_, i) => i % CLASSES);
  return { data, shape: [images, SIDE, SIDE, 3], labels, file };
}

/**
 * Draws JPEG files into a folder a class.
 * @param size [width, height] in pixels
 * @returns `folder`
 */
export async function drawImages(
  folder: string,
  count: number,
  [width, height]: readonly [number, number],
): Promise<string> {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < count; i++) {
    const into = path.join(folder, `class-${i % CLASSES}`);
    if (i < CLASSES) await mkdir(into, { recursive: true });
    let at = 0;
    for (const value of waves(i, width, height)) rgb[at++] = 128 + 42 * value;
    await native().writeImage(path.join(into, `${i}.jpg`), rgb, height, width);
  }
  return folder;
}
