import path from 'node:path';
import { imageFolder } from '../../lib/index.ts';
import { copyCount } from '../measuring/subset.ts';
import { LEARNING_RATES, trains } from '../systems/system.ts';
import { type Case, caseOf, processes } from './processes.ts';

const [TRAINED, PREDICTED] = ['the first trained batch', 'the first prediction'] as const;

export const startUp = processes<Case>(
  {
    name: 'start-up',
    claim: 'From the start of a process to the first trained batch, and to the first prediction.',
  },
  async ({ quick, folder, data, systems }) => {
    const batchSize = quick ? 10 : 32;
    // As many images as a batch has: the first epoch ends with the first batch.
    const train = await copyCount(await data('train'), path.join(folder, 'batch'), batchSize);
    const { source } = (await imageFolder(train)).train;
    const image = path.resolve(source.kind === 'files' ? (source.paths[0] ?? '') : '');
    const job = { train, validation: null, level: 'head', epochs: 1, batchSize, seed: 1 } as const;
    const learningRate = LEARNING_RATES.head;
    const some = systems.filter(({ compiles }) => !(quick && compiles));
    return {
      settings: { batchSize, level: 'head' },
      cases: [
        ...trains(some, 'head').map((system) =>
          caseOf(system, TRAINED, () => system.train({ ...job, learningRate })),
        ),
        ...some.flatMap(({ predict, ...system }) =>
          predict ? [caseOf(system, PREDICTED, () => predict(image))] : [],
        ),
      ],
      group: 'up to',
      value: {
        title: 'time',
        unit: 's',
        better: 'less',
        read: (run, { group }) => (group === TRAINED ? (run.epochs[0]?.at ?? Number.NaN) : run.told),
      },
    };
  },
);
