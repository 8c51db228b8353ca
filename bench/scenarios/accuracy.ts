import path from 'node:path';
import { type Dataset, imageFolder } from '../../lib/index.ts';
import { eventsNamed, measure } from '../measuring/process.ts';
import { mean } from '../measuring/statistics.ts';
import { percent } from '../presenting/numbers.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';
import { thawCommand } from '../systems/thaw.ts';

export const accuracy: Scenario = {
  name: 'accuracy',
  claim: 'A linear head on frozen ImageNet features reaches the accuracy that PyTorch reaches.',
  needsPeer: false,
  run,
};

const LEARNING_RATE = 1e-3;
const BATCH_SIZE = 32;

async function run(context: Context): Promise<Outcome> {
  const epochs = context.quick ? 1 : 10;
  const seeds = Array.from({ length: context.options.runs ?? (context.quick ? 1 : 3) }, (_, i) => i + 1);
  const thaw = [];
  for (const seed of seeds) {
    context.note(`thaw: seed ${seed} of ${seeds.join(', ')}`);
    thaw.push({ seed, valAccuracy: await trainOnce(context, seed, epochs) });
  }
  const pytorch = await trainPeer(context, seeds, epochs);
  const lasts = (runs: readonly { valAccuracy: readonly number[] }[]) =>
    runs.map(({ valAccuracy }) => valAccuracy.at(-1) ?? 0);
  const line = (name: string, values: readonly number[]) => [
    name,
    ...values.map(percent),
    percent(mean(values)),
    '80.0 %',
  ];
  return {
    settings: { epochs, seeds, learningRate: LEARNING_RATE, batchSize: BATCH_SIZE, head: 'linear' },
    table: [
      ['accuracy on validation', ...seeds.map((seed) => `seed ${seed}`), 'mean', 'goal'],
      line('thaw', lasts(thaw)),
      ...(pytorch ? [line('PyTorch', lasts(pytorch))] : []),
    ],
    goals: context.quick
      ? []
      : [{ name: 'mean accuracy', value: mean(lasts(thaw)), limit: 0.8, sense: 'at least' }],
    measured: { thaw, pytorch },
  };
}

/** Through the command line, as people do it. */
async function trainOnce(context: Context, seed: number, epochs: number): Promise<number[]> {
  const measured = await measure(
    thawCommand('train', {
      data: path.resolve(await context.data('train')),
      val: path.resolve(await context.data('validation')),
      weights: context.weights(),
      head: 'linear',
      optimizer: 'adam',
      'learning-rate': LEARNING_RATE,
      epochs,
      'batch-size': BATCH_SIZE,
      seed,
      device: 'cpu',
      out: path.join(context.folder, `seed-${seed}`),
      json: true,
      quiet: true,
    }),
  );
  return eventsNamed<{ valAccuracy: number }>(measured, 'epoch').map(({ valAccuracy }) => valAccuracy);
}

async function trainPeer({ peer, ...context }: Context, seeds: readonly number[], epochs: number) {
  if (!peer) return undefined;
  context.note(`PyTorch: seeds ${seeds.join(', ')}`);
  const train = (await imageFolder(await context.data('train'))).train;
  const { train: validation } = await imageFolder(await context.data('validation'), {
    classes: train.classes,
  });
  const parameters = {
    weights: context.weights(),
    train: listed(train),
    validation: listed(validation),
    classes: train.classes.length,
    learningRate: LEARNING_RATE,
    batchSize: BATCH_SIZE,
    epochs,
    seeds,
  };
  type Answer = { runs: { seed: number; valAccuracy: number[] }[] };
  return (await peer.run<Answer>('pytorch/accuracy.py', parameters, context.folder)).runs;
}

function listed({ source, labels }: Dataset) {
  const paths = source.kind === 'files' ? source.paths.map((file) => path.resolve(file)) : [];
  return { paths, labels: Array.from(labels) };
}
