import path from 'node:path';
import { LEARNING_RATES, trains } from '../systems/system.ts';
import { type Case, caseOf, middle, processes } from './processes.ts';

const GOAL = 0.8;
const BATCH_SIZE = 32;

export const accuracy = processes<Case>(
  {
    name: 'accuracy',
    claim: 'A linear head on frozen ImageNet features reaches the accuracy that PyTorch reaches.',
  },
  async ({ data, options, quick, systems }) => {
    const epochs = quick ? 1 : 10;
    const seeds = Array.from({ length: options.runs ?? (quick ? 1 : 3) }, (_, i) => i + 1);
    const train = path.resolve(await data('train'));
    const validation = path.resolve(await data('validation'));
    const learningRate = LEARNING_RATES.head;
    const job = { level: 'head', train, validation, epochs, batchSize: BATCH_SIZE, learningRate } as const;
    // Without augmentation the features of an image never change: PyTorch computes them once as well.
    const two = trains(systems, 'head').filter(({ name }) => ['thaw', 'pytorch-cached'].includes(name));
    return {
      settings: { epochs, seeds, learningRate, batchSize: BATCH_SIZE, head: 'linear' },
      cases: seeds.flatMap((seed) =>
        two.map((system) => caseOf(system, String(seed), () => system.train({ ...job, seed }))),
      ),
      group: 'seed',
      value: {
        title: 'accuracy on validation',
        unit: 'share',
        read: (run) => run.epochs.at(-1)?.accuracy ?? Number.NaN,
      },
      columns: { 'after the first epoch': ['share', (row) => middle(row, (run) => run.epochs[0]?.accuracy)] },
      charts: [],
      goals: (rows) => {
        const own = rows.filter(({ name }) => name === 'thaw').map(({ value }) => value);
        const value = own.reduce((sum, each) => sum + each, 0) / own.length;
        return [{ name: 'mean accuracy', value, limit: GOAL, sense: 'at least' }];
      },
      runs: 1,
      attempts: 1, // other programs do not change what is learned
    };
  },
);
