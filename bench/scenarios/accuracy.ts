import { epochsOf } from '../measuring/process.ts';
import { atLeast } from '../scenario.ts';
import { training } from '../systems/system.ts';
import { casesOf, middle, processes } from './processes.ts';

export const accuracy = processes(
  {
    name: 'accuracy',
    claim: 'A linear head on frozen ImageNet features reaches the accuracy that PyTorch reaches.',
  },
  async ({ data, options, systems }) => {
    const epochs = options.quick ? 1 : 10;
    const seeds = Array.from({ length: options.runs ?? (options.quick ? 1 : 3) }, (_, i) => i + 1);
    const [train, validation] = [await data('train'), await data('validation')];
    const job = training({ level: 'head', train, validation, epochs, batchSize: 32 });
    // Without augmentation the features of an image never change: PyTorch computes them once as well.
    const two = systems.filter(({ name }) => ['thaw', 'pytorch-cached'].includes(name));
    return {
      settings: { ...job, train: undefined, validation: undefined, seeds },
      cases: seeds.flatMap((seed) => casesOf(two, String(seed), { ...job, seed }, {})),
      group: 'seed',
      value: {
        title: 'accuracy on validation',
        unit: 'share',
        read: (run) => epochsOf(run).at(-1)?.valAccuracy ?? undefined,
      },
      columns: {
        'after the first epoch': ['share', (row) => middle(row, (run) => epochsOf(run)[0]?.valAccuracy)],
      },
      goals: (rows) => {
        const own = rows.filter(({ name }) => name === 'thaw').map(({ value }) => value);
        return [atLeast('mean accuracy', own.reduce((sum, each) => sum + each, 0) / own.length, 0.8)];
      },
      runs: 1,
      attempts: 1, // other programs do not change what is learned
    };
  },
);
