import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

/** Draws `count` PNG files of 80 x 60 pixels into a folder for each class: circles, or squares. */
export async function drawFolder(root: string, classes: readonly string[], count: number): Promise<void> {
  for (const [label, name] of classes.entries()) {
    await mkdir(path.join(root, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const fill = `hsl(${(i * 47) % 360}, 80%, 50%)`;
      const [x, y, size] = [20 + ((i * 7) % 40), 15 + ((i * 5) % 30), 8 + (i % 6)];
      const shape =
        label === 0
          ? `<circle cx="${x}" cy="${y}" r="${size}" fill="${fill}"/>`
          : `<rect x="${x - size}" y="${y - size}" width="${2 * size}" height="${2 * size}" fill="${fill}"/>`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60">${shape}</svg>`;
      await sharp(Buffer.from(svg))
        .flatten({ background: '#888' })
        .png()
        .toFile(path.join(root, name, `${i}.png`));
    }
  }
}
