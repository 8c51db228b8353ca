import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { drawImage } from '../../lib/demo/draw.ts';
import { kinds } from '../../lib/demo/patterns.ts';
import { runChild } from '../children/child.ts';
import type { MemoryParameters } from '../children/memory.ts';
import { LEVEL_TITLES, type Level } from '../measuring/levels.ts';
import { median } from '../measuring/statistics.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';

export const memory: Scenario = {
  name: 'memory',
  claim: 'Peak resident memory grows neither with the number of images nor with the number of epochs.',
  needsPeer: false,
  run,
};

async function run(context: Context): Promise<Outcome> {
  const { quick, folder } = context;
  const runs = context.options.runs ?? (quick ? 1 : 3);
  // Enough batches that every buffer of the loader is in use with the fewest images.
  const few = quick ? 8 : 64;
  const batchSize = quick ? 2 : 16;
  const epochs = quick ? 2 : 6;
  const cases = [
    { images: few, epochs: 1 },
    { images: 10 * few, epochs: 1 },
    { images: few, epochs },
  ];
  const folders = new Map<number, string>();
  for (const count of [few, 10 * few]) {
    context.note(`drawing ${count} images`);
    folders.set(count, await drawImages(path.join(folder, `images-${count}`), count));
  }
  const levels: Level[] = quick ? ['head'] : ['head', 'everything'];
  const rows = [];
  for (const level of levels) {
    const peaks: number[][] = cases.map(() => []);
    for (let i = 0; i < runs; i++) {
      for (const [number, { images, epochs }] of cases.entries()) {
        context.note(`${LEVEL_TITLES[level]}, ${images} images, ${epochs} epochs: run ${i + 1} of ${runs}`);
        const parameters: MemoryParameters = {
          folder: folders.get(images) ?? '',
          weights: context.options.weights ? path.resolve(context.options.weights) : null,
          level,
          batchSize,
          epochs,
        };
        const { peakKiB } = await runChild<{ peakKiB: number }>('memory.ts', parameters, folder);
        peaks[number]?.push(peakKiB);
        context.note(`  ${(peakKiB / 1024).toFixed(0)} MiB`);
      }
    }
    const [base = 0, ...others] = peaks.map(median);
    const growth = others.map((peak) => peak / base - 1);
    rows.push({ level, peaksKiB: peaks, base, more: growth[0] ?? 0, longer: growth[1] ?? 0 });
  }
  const percent = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;
  return {
    settings: { runs, images: few, batchSize, epochs, inputShape: [224, 224, 3] },
    table: [
      ['trained', `${few} images, 1 epoch`, `${10 * few} images`, `${epochs} epochs`, 'goal'],
      ...rows.map((row) => [
        LEVEL_TITLES[row.level],
        `${(row.base / 1024).toFixed(0)} MiB`,
        percent(row.more),
        percent(row.longer),
        '+5 %',
      ]),
    ],
    goals: rows.flatMap(({ level, more, longer }) => [
      {
        name: `growth with images, ${LEVEL_TITLES[level]}`,
        value: more,
        limit: 0.05,
        sense: 'at most' as const,
      },
      {
        name: `growth with epochs, ${LEVEL_TITLES[level]}`,
        value: longer,
        limit: 0.05,
        sense: 'at most' as const,
      },
    ]),
    measured: rows,
  };
}

async function drawImages(folder: string, count: number): Promise<string> {
  const classes = Object.entries(kinds);
  for (const [name] of classes) await mkdir(path.join(folder, name), { recursive: true });
  for (let i = 0; i < count; i++) {
    const [name, kind] = classes[i % classes.length] as (typeof classes)[number];
    const { rgb, height, width } = drawImage(kind, i);
    await sharp(rgb, { raw: { width, height, channels: 3 } }).toFile(path.join(folder, name, `${i}.jpg`));
  }
  return folder;
}
