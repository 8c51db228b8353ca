import path from 'node:path';
import { drawImages } from '../measuring/drawn.ts';
import { training } from '../systems/system.ts';
import { type Case, casesOf, epochColumn, PEAK_MEMORY, processes } from './processes.ts';

/** Of the files, in pixels. */
const SIDE = 48;

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
  async ({ folder, options, note, systems }) => {
    const { quick, upTo } = options;
    const many = quick ? 16 : 256;
    const [least, most] = quick ? [4, 8] : [1, 128];
    const sizes = Array.from({ length: Math.log2(most / least) + 1 }, (_, i) => least * 2 ** i);
    // The input is small where the number of images grows: what it costs apart from computing is what counts.
    const cases = [
      ...counts(upTo).map((images) => ({ images, batchSize: 32, level: 'head', inputSize: 32 }) as const),
      ...sizes.map(
        (batchSize) => ({ images: many, batchSize, level: 'everything', inputSize: 224 }) as const,
      ),
    ];
    for (const count of new Set(cases.map(({ images }) => images))) {
      note(`  drawing ${count} images of ${SIDE} x ${SIDE}`);
      await drawImages(path.join(folder, String(count)), count, [SIDE, SIDE]);
    }
    const own = systems.filter(({ name }) => name === 'thaw');
    return {
      settings: { epochs: 2, fileSide: SIDE, cases },
      cases: cases.flatMap(({ images, ...each }) => {
        const group = each.level === 'head' ? 'the number of images' : 'the batch size';
        const train = path.join(folder, String(images));
        const job = training({ ...each, train, epochs: 2, learningRate: 1e-3 });
        return casesOf(own, group, job, { images, batchSize: each.batchSize });
      }),
      group: 'growing',
      value: { title: 'whole run', unit: 's', better: 'less', read: ({ seconds }) => seconds },
      columns: {
        images: ['count', ({ images }) => images],
        batch: ['count', ({ batchSize }) => batchSize],
        'first epoch': epochColumn(0),
        'second epoch': epochColumn(1),
        'peak memory': PEAK_MEMORY,
      },
      runs: 1,
      attempts: 1,
    };
  },
);

/** 100, 300, 1000, ... and the bound itself. */
function counts(upTo: number): number[] {
  const all = Array.from({ length: 16 }, (_, i) => (i % 2 ? 3 : 1) * 10 ** (2 + (i >> 1)));
  return [...all.filter((count) => count < upTo), upTo];
}
