import path from 'node:path';
import { drawImages } from '../measuring/drawn.ts';
import { type Level, TITLES } from '../measuring/levels.ts';
import type { Goal } from '../scenario.ts';
import { levelsOf, trains } from '../systems/system.ts';
import { type Case, caseOf, processes, type Row } from './processes.ts';

interface MemoryCase extends Case {
  readonly level: Level;
  readonly images: number;
  readonly epochs: number;
}

export const memory = processes<MemoryCase>(
  {
    name: 'memory',
    claim: 'Peak memory of a training run; in thaw it grows neither with the number of images nor of epochs.',
  },
  async ({ quick, folder, options, systems }) => {
    // Enough batches that every buffer of a loader is in use with the fewest images.
    const few = quick ? 10 : 128;
    const batchSize = quick ? 5 : 32;
    const long = quick ? 2 : 6;
    const folders = new Map<number, string>();
    for (const count of [few, 10 * few])
      folders.set(count, await drawImages(path.join(folder, `images-${count}`), count, [112, 96]));
    const cases = levelsOf(options).flatMap((level) =>
      trains(systems, level)
        // The others' peaks stand in `end-to-end` as well: enough for a quick look.
        .filter(({ name }) => name === 'thaw' || !quick)
        .flatMap((system) =>
          [
            { images: few, epochs: 1 },
            ...(system.name === 'thaw'
              ? [
                  { images: 10 * few, epochs: 1 },
                  { images: few, epochs: long },
                ]
              : []),
          ].map(({ images, epochs }): MemoryCase => {
            const job = { level, train: folders.get(images) ?? '', validation: null, epochs, batchSize };
            const command = () => system.train({ ...job, learningRate: 1e-4, seed: 1 });
            return { ...caseOf(system, TITLES[level], command), level, images, epochs };
          }),
        ),
    );
    return {
      settings: { images: few, batchSize, inputShape: [224, 224, 3] },
      cases,
      group: 'trained',
      value: {
        title: 'peak memory',
        unit: 'MiB',
        better: 'less',
        read: ({ peakKiB }) => peakKiB / 1024,
      },
      columns: {
        images: ['count', ({ images }) => images],
        epochs: ['count', ({ epochs }) => epochs],
      },
      goals,
      attempts: 1, // other programs take no memory of these processes
    };
  },
);

/** Of thaw at one level, against the fewest images and one epoch. */
function goals(rows: readonly Row<MemoryCase>[]): Goal[] {
  const own = rows.filter(({ name }) => name === 'thaw');
  return own.flatMap((row) => {
    const base = own.find(({ level }) => level === row.level);
    // At an inner boundary the kept features are meant to grow with the images, up to a limit of their own.
    if (!base || row === base || row.level === 'layer4.2') return [];
    const name = `growth to ${row.images} images, ${row.epochs} epochs, ${row.group}`;
    return [{ name, value: row.value / base.value - 1, limit: 0.05, sense: 'at most' as const }];
  });
}
