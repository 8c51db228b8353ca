import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type DrawnImage, drawImage } from '../../lib/demo/draw.ts';
import { kinds } from '../../lib/demo/patterns.ts';
import { native } from '../../lib/native.ts';

/** Drawings that images are cut from, of each class. */
const SHEETS = 8;

/**
 * Draws JPEG files into a folder a class, no two alike: parts of a few drawings, stretched, at a brightness of their own.
 * @param size [width, height] in pixels
 * @returns `folder`
 */
export async function drawImages(
  folder: string,
  count: number,
  size: readonly [number, number],
): Promise<string> {
  const classes = Object.entries(kinds).map(([name, kind]) => {
    const sheets = Array.from({ length: SHEETS }, (_, seed) => drawImage(kind, seed));
    return { into: path.join(folder, name), sheets };
  });
  for (const { into } of classes) await mkdir(into, { recursive: true });
  const write = async (i: number) => {
    const { into, sheets } = classes[i % classes.length] as (typeof classes)[number];
    const turn = Math.floor(i / classes.length);
    const { rgb, height, width } = part(
      sheets[turn % SHEETS] as DrawnImage,
      Math.floor(turn / SHEETS),
      size,
      i,
    );
    await native().writeImage(path.join(into, `${i}.jpg`), rgb, height, width);
  };
  // A few at a time: they are encoded beside each other.
  for (let i = 0; i < count; i += 4) {
    await Promise.all(Array.from({ length: Math.min(4, count - i) }, (_, j) => write(i + j)));
  }
  return folder;
}

/** Half of a sheet's width and height at its `place`, between its pixels as well. */
function part(
  sheet: DrawnImage,
  place: number,
  [width, height]: readonly [number, number],
  i: number,
): DrawnImage {
  const [left, top] = [
    (place % (sheet.width >> 1)) / 1.1,
    (Math.floor(place / 7) % (sheet.height >> 1)) / 1.1,
  ];
  const brightness = 0.7 + 0.3 * ((i * 0.6180339887) % 1);
  const at = (x: number, y: number, c: number) => sheet.rgb[(y * sheet.width + x) * 3 + c] ?? 0;
  const rgb = new Uint8Array(width * height * 3);
  for (let j = 0; j < rgb.length; j++) {
    const pixel = Math.floor(j / 3);
    const x = left + ((pixel % width) / width) * (sheet.width >> 1);
    const y = top + (Math.floor(pixel / width) / height) * (sheet.height >> 1);
    const [x0, y0, c] = [Math.floor(x), Math.floor(y), j % 3];
    const row = (line: number) => (1 - x + x0) * at(x0, line, c) + (x - x0) * at(x0 + 1, line, c);
    rgb[j] = brightness * ((1 - y + y0) * row(y0) + (y - y0) * row(y0 + 1));
  }
  return { rgb, width, height };
}
