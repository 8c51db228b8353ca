import path from 'node:path';
import { imageFolder } from '../../lib/index.ts';
import { measure } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { copyCount } from '../measuring/subset.ts';
import { inTurns } from '../measuring/turns.ts';
import { duration } from '../presenting/numbers.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';
import type { System } from '../systems/system.ts';

export const startUp: Scenario = {
  name: 'start-up',
  claim: 'From the start of a process to the first trained batch, and to the first prediction.',
  needsPeer: false,
  run,
};

async function run(context: Context): Promise<Outcome> {
  const { quick, folder } = context;
  const { found } = await context.systems();
  const batchSize = quick ? 10 : 32;
  // As many images as a batch has: the first epoch ends with the first batch.
  const train = await copyCount(await context.data('train'), path.join(folder, 'batch'), batchSize);
  const { source } = (await imageFolder(train)).train;
  const image = path.resolve(source.kind === 'files' ? (source.paths[0] ?? '') : '');
  const job = {
    train,
    validation: null,
    level: 'head',
    epochs: 1,
    batchSize,
    learningRate: 1e-3,
    seed: 1,
  } as const;
  const works = {
    train: (system: System) => system.train?.(job),
    predict: (system: System) => system.predict?.(image),
  };
  const measured = [];
  for (const work of ['train', 'predict'] as const) {
    const systems = found.filter((system) => system[work] && !(quick && system.compiles));
    context.note(work === 'train' ? 'to the first trained batch' : 'to the first prediction');
    const sides = systems.map((system) => ({
      name: system.title,
      start: async () => {
        const command = await works[work](system);
        if (!command) throw new TypeError(`${system.title} does not ${work}.`);
        const { events } = await measure(command);
        const first = work === 'train' ? events.find(({ event }) => event.event === 'epoch') : events[0];
        return first?.seconds ?? Number.NaN;
      },
    }));
    const turns = await inTurns(sides, {
      runs: context.options.runs ?? (quick ? 1 : 3),
      attempts: quick ? 1 : 6,
      note: context.note,
      describe: duration,
    });
    measured.push({ work, turns });
  }
  const [training, prediction] = measured.map(({ turns }) =>
    turns
      .filter(({ values }) => values.length > 0)
      .map(({ name, values }) => ({ label: name, value: median(values) })),
  );
  const of = (bars: typeof training, title: string) => {
    const value = bars?.find(({ label }) => label === title)?.value;
    return value === undefined ? '–' : duration(value);
  };
  return {
    settings: { batchSize, level: 'head' },
    table: [
      ['system', 'first trained batch', 'first prediction'],
      ...found
        .filter(({ train, predict }) => train || predict)
        .map(({ title }) => [title, of(training, title), of(prediction, title)]),
    ],
    charts: [
      {
        kind: 'bars',
        title: 'From the start of the process',
        unit: 's',
        groups: [
          { title: 'to the first trained batch', bars: training ?? [] },
          { title: 'to the first prediction', bars: prediction ?? [] },
        ],
      },
    ],
    goals: [],
    measured,
  };
}
