import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../lib/files/package-root.ts';
import type { BehaviourParameters } from '../children/behaviour.ts';
import { type Command, eventsNamed, measure } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { copyCount } from '../measuring/subset.ts';
import { inTurns } from '../measuring/turns.ts';
import { duration, mebibytes } from '../presenting/numbers.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';
import { parametersFile } from '../systems/python.ts';

export const behaviour: Scenario = {
  name: 'behaviour',
  claim:
    'While a head is trained, frozen layers stay as they are and the event loop goes on; beside TensorFlow.js.',
  needsPeer: false,
  run,
};

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), '../children/behaviour.ts');

interface Facts {
  /** The longest time that a timer had to wait beyond its own. */
  longestBlockSeconds: number;
  /** Frozen BatchNorms, and those of them whose statistics are not what they were. */
  norms: number;
  drifted: number;
  peakKiB: number;
}

async function run(context: Context): Promise<Outcome> {
  const { quick, folder } = context;
  const images = quick ? 10 : 96;
  const batchSize = quick ? 5 : 32;
  const train = await copyCount(path.resolve(await context.data('train')), path.join(folder, 'few'), images);
  const { found } = await context.systems();
  const own = async (): Promise<Command> => {
    const parameters: BehaviourParameters = { weights: context.weights(), train, batchSize };
    const args = ['--import', 'tsx', CHILD, await parametersFile(parameters, folder)];
    return { command: process.execPath, args, cwd: packageRoot() };
  };
  const job = {
    level: 'head',
    train,
    validation: null,
    epochs: 1,
    batchSize,
    learningRate: 1e-3,
    seed: 1,
  } as const;
  const others = found.filter(({ name, train }) => name.startsWith('tfjs') && train);
  const sides = [
    { name: 'thaw', command: own },
    ...others.map((system) => ({
      name: system.title,
      command: async () => (await system.train?.({ ...job, drift: true })) as Command,
    })),
  ];
  const turns = await inTurns(
    sides.map(({ name, command }) => ({ name, start: async () => facts(await command()) })),
    {
      runs: context.options.runs ?? (quick ? 1 : 3),
      attempts: quick ? 1 : 3,
      note: context.note,
      describe: (value) =>
        `longest block ${duration(value.longestBlockSeconds)}, ${value.drifted} of ${value.norms} frozen BatchNorms drift`,
    },
  );
  const rows = turns.map((turn) => {
    const of = (field: keyof Facts) => median(turn.values.map((value) => value[field]));
    return {
      name: turn.name,
      failed: turn.values.length === 0,
      block: of('longestBlockSeconds'),
      drifted: of('drifted'),
      norms: of('norms'),
      peak: of('peakKiB'),
    };
  });
  const thaw = rows[0];
  return {
    settings: { images, batchSize, level: 'head', epochs: 1 },
    table: [
      ['', 'frozen BatchNorms that drift', 'longest block of the event loop', 'peak memory'],
      ...rows.map(({ name, failed, drifted, norms, block, peak }) =>
        failed
          ? [name, 'failed', '', '']
          : [name, `${drifted} of ${norms}`, duration(block), mebibytes(peak)],
      ),
    ],
    goals: thaw
      ? [{ name: 'frozen BatchNorms that drift in thaw', value: thaw.drifted, limit: 0, sense: 'at most' }]
      : [],
    measured: turns,
  };
}

async function facts(command: Command): Promise<Facts> {
  const measured = await measure(command);
  const [done] = eventsNamed<Omit<Facts, 'peakKiB'>>(measured, 'done');
  if (!done) throw new TypeError('The process told nothing at its end.');
  const { longestBlockSeconds, norms, drifted } = done;
  return { longestBlockSeconds, norms, drifted, peakKiB: measured.peakKiB };
}
