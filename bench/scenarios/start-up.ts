import path from 'node:path';
import { epochsOf } from '../measuring/process.ts';
import { copyImages, imagesIn } from '../measuring/subset.ts';
import { training } from '../systems/system.ts';
import { casesOf, processes } from './processes.ts';

const [TRAINED, PREDICTED] = ['the first trained batch', 'the first prediction'] as const;

export const startUp = processes(
  {
    name: 'start-up',
    claim: 'From the start of a process to the first trained batch, and to the first prediction.',
  },
  async ({ options, folder, data, systems }) => {
    const batchSize = options.quick ? 10 : 32;
    // As many images as a batch has: the first epoch ends with the first batch.
    const train = await copyImages(await data('train'), path.join(folder, 'batch'), batchSize);
    const [image = ''] = await imagesIn(train);
    return {
      settings: { batchSize, level: 'head' },
      cases: [
        ...casesOf(systems, TRAINED, training({ level: 'head', train, batchSize }), {}),
        ...casesOf(systems, PREDICTED, { work: 'predict', image }, {}),
      ],
      group: 'up to',
      value: {
        title: 'time',
        unit: 's',
        better: 'less',
        read: (run, { group }) => (group === TRAINED ? epochsOf(run) : run.told)[0]?.at,
      },
    };
  },
);
