import path from 'node:path';
import { drawImages } from '../measuring/drawn.ts';
import type { Level } from '../measuring/levels.ts';
import { trains } from '../systems/system.ts';
import { type Case, caseOf, middle, peakMiB, processes } from './processes.ts';

/** Of the files, in pixels. */
const SIDE = 48;
/** Of the network's input where the number of images grows: what it costs apart from computing is what counts. */
const SMALL_INPUT = 32;
const GROUPS = ['the number of images', 'the batch size'] as const;

interface GrowthCase extends Case {
  readonly images: number;
  readonly batchSize: number;
}

export const growth = processes<GrowthCase>(
  {
    name: 'growth',
    claim:
      'Time grows with the number of images, memory far less; a larger batch takes memory and saves time.',
  },
  async ({ quick, folder, options, note, systems }) => {
    const many = quick ? 16 : 256;
    const [least, most] = quick ? [4, 8] : [1, 128];
    const sizes = Array.from({ length: Math.log2(most / least) + 1 }, (_, i) => least * 2 ** i);
    const images = counts(options.upTo);
    for (const count of new Set([...images, many])) {
      note(`  drawing ${count} images of ${SIDE} x ${SIDE}`);
      await drawImages(path.join(folder, String(count)), count, [SIDE, SIDE]);
    }
    const one = (
      group: string,
      images: number,
      batchSize: number,
      of: { level: Level; inputSize?: number },
    ) =>
      trains(systems, of.level)
        .filter(({ name }) => name === 'thaw')
        .map((system): GrowthCase => {
          const data = { train: path.join(folder, String(images)), validation: null };
          const job = { ...of, ...data, epochs: 2, batchSize, learningRate: 1e-3, seed: 1 };
          return { ...caseOf(system, group, () => system.train(job)), images, batchSize };
        });
    const lines = ['whole run', 'first epoch', 'second epoch'];
    return {
      settings: {
        epochs: 2,
        fileSide: SIDE,
        [GROUPS[0]]: { inputSize: SMALL_INPUT, level: 'head', batchSize: 32 },
        [GROUPS[1]]: { inputSize: 224, level: 'everything', images: many },
      },
      cases: [
        ...images.flatMap((count) => one(GROUPS[0], count, 32, { level: 'head', inputSize: SMALL_INPUT })),
        ...sizes.flatMap((size) => one(GROUPS[1], many, size, { level: 'everything' })),
      ],
      group: 'growing',
      value: { title: 'whole run', unit: 's', better: 'less', read: ({ seconds }) => seconds },
      columns: {
        images: ['count', ({ images }) => images],
        batch: ['count', ({ batchSize }) => batchSize],
        'first epoch': ['s', (row) => middle(row, (run) => run.epochs[0]?.seconds)],
        'second epoch': ['s', (row) => middle(row, (run) => run.epochs[1]?.seconds)],
        'peak memory': ['MiB', peakMiB],
      },
      charts: GROUPS.flatMap((group, i) => {
        const shared = { kind: 'lines', x: i === 0 ? 'images' : 'batch', where: ['growing', group] } as const;
        return [
          { ...shared, title: `Time by ${group}`, lines },
          { ...shared, title: `Peak memory by ${group}`, lines: ['peak memory'] },
        ];
      }),
      runs: 1,
      attempts: 1,
    };
  },
);

/** 100, 300, 1000, ... and the bound itself. */
export function counts(upTo: number): number[] {
  const all: number[] = [];
  for (let power = 100; power < upTo; power *= 10)
    for (const step of [1, 3]) if (step * power < upTo) all.push(step * power);
  return [...all, upTo];
}
