import path from 'node:path';
import { drawImages } from '../measuring/drawn.ts';
import { type Level, levelsOf, TITLES } from '../measuring/levels.ts';
import { atMost } from '../scenario.ts';
import { training } from '../systems/system.ts';
import { type Case, casesOf, processes } from './processes.ts';

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
  async ({ folder, options, systems }) => {
    // Enough batches that every buffer of a loader is in use with the fewest images.
    const [few, batchSize, long] = options.quick ? [10, 5, 2] : [128, 32, 6];
    for (const count of [few, 10 * few]) await drawImages(path.join(folder, String(count)), count, [112, 96]);
    const own = systems.filter(({ name }) => name === 'thaw');
    // The others' peaks stand in `end-to-end` as well: enough for a quick look.
    const all = options.quick ? own : systems;
    const cases = levelsOf(options).flatMap((level) =>
      [
        { of: all, images: few, epochs: 1 },
        { of: own, images: 10 * few, epochs: 1 },
        { of: own, images: few, epochs: long },
      ].flatMap(({ of, images, epochs }) => {
        const train = path.join(folder, String(images));
        const job = training({ level, train, epochs, batchSize, learningRate: 1e-4 });
        return casesOf(of, TITLES[level], job, { level, images, epochs });
      }),
    );
    return {
      settings: { images: few, batchSize, inputShape: [224, 224, 3] },
      cases,
      group: 'trained',
      value: { title: 'peak memory', unit: 'MiB', better: 'less', read: ({ peakKiB }) => peakKiB / 1024 },
      columns: {
        images: ['count', ({ images }) => images],
        epochs: ['count', ({ epochs }) => epochs],
      },
      // Of thaw at one level, against the fewest images and one epoch.
      goals: (rows) =>
        rows
          // At an inner boundary the kept features are meant to grow with the images, up to a limit of their own.
          .filter(({ name, level }) => name === 'thaw' && level !== 'layer4.2')
          .filter(({ images, epochs }) => images * epochs > few)
          .map(({ images, epochs, group, ahead }) =>
            atMost(`growth to ${images} images, ${epochs} epochs, ${group}`, ahead - 1, 0.05),
          ),
      attempts: 1, // other programs take no memory of these processes
    };
  },
);
