import path from 'node:path';
import { child } from '../children/child.ts';
import { copyCount } from '../measuring/subset.ts';
import { LEARNING_RATES, trains } from '../systems/system.ts';
import { type Case, caseOf, middle, peakMiB, processes } from './processes.ts';

export const behaviour = processes<Case>(
  {
    name: 'behaviour',
    claim:
      'While a head is trained, frozen layers stay as they are and the event loop goes on; beside TensorFlow.js.',
    only: 'cpu',
  },
  async ({ quick, folder, data, weights, systems }) => {
    const images = quick ? 10 : 96;
    const batchSize = quick ? 5 : 32;
    const train = await copyCount(path.resolve(await data('train')), path.join(folder, 'few'), images);
    const learningRate = LEARNING_RATES.head;
    const job = {
      level: 'head',
      train,
      validation: null,
      epochs: 1,
      batchSize,
      learningRate,
      seed: 1,
    } as const;
    const group = 'head alone';
    const own = () => child('behaviour', { weights: weights(), train, batchSize, learningRate }, folder);
    return {
      settings: { images, batchSize, level: 'head', epochs: 1 },
      cases: [
        caseOf({ name: 'thaw', title: 'thaw' }, group, own),
        ...trains(systems, 'head')
          .filter(({ name }) => name.startsWith('tfjs'))
          .map((system) => caseOf(system, group, () => system.train({ ...job, drift: true }))),
      ],
      group: 'trained',
      value: {
        title: 'longest block of the event loop',
        unit: 's',
        better: 'less',
        read: ({ last }) => last.longestBlockSeconds ?? Number.NaN,
      },
      columns: {
        'frozen BatchNorms that drift': [
          'words',
          (row) => `${middle(row, ({ last }) => last.drifted)} of ${middle(row, ({ last }) => last.norms)}`,
        ],
        'peak memory': ['MiB', peakMiB],
      },
      goals: ([thaw]) =>
        thaw
          ? [
              {
                name: 'frozen BatchNorms that drift in thaw',
                value: middle(thaw, ({ last }) => last.drifted),
                limit: 0,
                sense: 'at most',
              },
            ]
          : [],
      attempts: 3,
    };
  },
);
