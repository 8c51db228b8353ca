import { writeFile } from 'node:fs/promises';
import path from 'node:path';

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

/** Waves of different lengths, as smooth as photographs and in their range; labels of ten classes. */
export async function drawPixels(images: number, folder: string): Promise<Pixels> {
  const data = new Float32Array(images * SIDE * SIDE * 3);
  let at = 0;
  for (let image = 0; image < images; image++) {
    const length = 3 + (image % 61) + image / 61;
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        for (let c = 0; c < 3; c++) {
          data[at++] =
            Math.sin(x / length + c) + Math.cos((y + x) / (7 + 2 * c)) + Math.sin(y / (11 + length));
        }
      }
    }
  }
  const file = path.join(folder, `pixels-${images}.bin`);
  await writeFile(file, data);
  const labels = Array.from({ length: images }, (_, image) => image % 10);
  return { data, shape: [images, SIDE, SIDE, 3], labels, file };
}
