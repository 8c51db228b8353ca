import path from 'node:path';
import { copyImages } from '../measuring/subset.ts';
import { atMost } from '../scenario.ts';
import { training } from '../systems/system.ts';
import { casesOf, middle, PEAK_MEMORY, processes } from './processes.ts';

export const behaviour = processes(
  {
    name: 'behaviour',
    claim:
      'While a head is trained, frozen layers stay as they are and the event loop goes on; beside TensorFlow.js.',
    only: 'cpu',
  },
  async ({ options, folder, data, systems }) => {
    const [images, batchSize] = options.quick ? [10, 5] : [96, 32];
    const train = await copyImages(await data('train'), path.join(folder, 'few'), images);
    const job = training({ work: 'behave', level: 'head', train, batchSize });
    return {
      settings: { images, batchSize, level: job.level, epochs: job.epochs },
      cases: casesOf(systems, 'head alone', job, {}),
      group: 'trained',
      value: {
        title: 'longest block of the event loop',
        unit: 's',
        better: 'less',
        read: ({ told }) => told.at(-1)?.longestBlockSeconds,
      },
      columns: {
        'frozen BatchNorms that drift': [
          'words',
          (row) =>
            `${middle(row, ({ told }) => told.at(-1)?.drifted)} of ${middle(row, ({ told }) => told.at(-1)?.norms)}`,
        ],
        'peak memory': PEAK_MEMORY,
      },
      goals: (rows) =>
        rows
          .filter(({ name }) => name === 'thaw')
          .map((row) =>
            atMost(
              'frozen BatchNorms that drift in thaw',
              middle(row, ({ told }) => told.at(-1)?.drifted),
              0,
            ),
          ),
      attempts: 3,
    };
  },
);
