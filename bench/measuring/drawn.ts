import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { type DrawnImage, drawImage } from '../../lib/demo/draw.ts';
import { kinds } from '../../lib/demo/patterns.ts';

/** Drawings that the small images are cut from, of each class. */
const SHEETS = 8;

/**
 * Draws JPEG files into a folder a class.
 * @param size [width, height] in pixels; undefined: as they are drawn, 88 to 128 a side
 * @returns `folder`
 */
export async function drawImages(
  folder: string,
  count: number,
  size?: readonly [number, number],
): Promise<string> {
  const classes = await makeFolders(folder);
  for (let i = 0; i < count; i++) {
    const [name, kind] = classes[i % classes.length] as (typeof classes)[number];
    const image = raw(drawImage(kind, i));
    if (size) image.resize(size[0], size[1], { fit: 'fill' });
    await image.toFile(path.join(folder, name, `${i}.jpg`));
  }
  return folder;
}

/**
 * Writes many small JPEG files, `side` pixels square, no two alike: parts of a few drawings, at a brightness of their
 * own. Those from `from` on, so that a folder can grow.
 */
export async function drawMany(folder: string, from: number, to: number, side: number): Promise<void> {
  const classes = await makeFolders(folder);
  const sheets = classes.map(([, kind]) =>
    Array.from({ length: SHEETS }, (_, seed) => drawImage(kind, seed)),
  );
  const write = async (i: number) => {
    const label = i % classes.length;
    const turn = Math.floor(i / classes.length);
    const sheet = sheets[label]?.[turn % SHEETS] as DrawnImage;
    const place = Math.floor(turn / SHEETS);
    const left = place % (sheet.width - side);
    const top = Math.floor(place / 7) % (sheet.height - side);
    await raw(sheet)
      .extract({ left, top, width: side, height: side })
      .linear(0.7 + 0.3 * ((i * 0.6180339887) % 1), 0)
      .toFile(path.join(folder, classes[label]?.[0] ?? '', `${i}.jpg`));
  };
  // As many at a time as libuv has threads.
  for (let i = from; i < to; i += 4) {
    await Promise.all(Array.from({ length: Math.min(4, to - i) }, (_, j) => write(i + j)));
  }
}

async function makeFolders(folder: string) {
  const classes = Object.entries(kinds);
  for (const [name] of classes) await mkdir(path.join(folder, name), { recursive: true });
  return classes;
}

function raw({ rgb, width, height }: DrawnImage) {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}
