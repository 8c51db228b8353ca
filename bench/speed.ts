import path from 'node:path';
import { imageFolder, linearHead, ResNet50 } from '../lib/index.ts';
import { runChild } from './child.ts';
import { LEVEL_TITLES, LEVELS } from './levels.ts';
import { preparePixels } from './pixels.ts';
import type { Context, Outcome, Scenario } from './scenario.ts';
import type { SpeedParameters } from './speed-child.ts';
import { median } from './statistics.ts';

export const speed: Scenario = {
  name: 'speed',
  claim: 'At each level of freezing thaw trains at least as fast as the best-tuned eager PyTorch.',
  needsPeer: false,
  run,
};

const PRECISIONS = ['bfloat16', 'float32'] as const;
const TASKS = ['forward', ...LEVELS] as const;
const TITLES = { forward: 'forward only', ...LEVEL_TITLES };

/** PyTorch's ways to compute: see peers/speed.py. Folding is what a user of it would have to write by hand. */
const VARIANTS = { bfloat16: ['autocast', 'cast'], float32: ['plain'] } as const;
const FOLDED = 'folded';

interface Row {
  precision: (typeof PRECISIONS)[number];
  task: (typeof TASKS)[number];
  /** Images a second, one entry a run. */
  thaw: number[];
  pytorch: Record<string, number[]>;
}

async function run(context: Context): Promise<Outcome> {
  const { quick, folder, peer } = context;
  const runs = context.options.runs ?? (quick ? 1 : 3);
  const batchSize = quick ? 4 : 32;
  const { train } = await imageFolder(context.data('train'));
  const pixels = await preparePixels(train, 2 * batchSize, folder);
  const state = path.join(folder, 'state.safetensors');
  const model = await ResNet50.load({ weights: context.weights(), device: 'cpu' });
  model.replaceHead(linearHead(10), { seed: 1 });
  await model.save(state);
  model.dispose();

  const rows: Row[] = [];
  for (const precision of PRECISIONS) {
    for (const task of TASKS) {
      const row: Row = { precision, task, thaw: [], pytorch: {} };
      const parameters: SpeedParameters = {
        level: task,
        precision,
        state,
        pixels: pixels.file,
        shape: [...pixels.shape],
        labels: [...pixels.labels],
        batchSize,
        epochs: quick ? 1 : task === 'everything' ? 3 : 5,
        learningRate: 1e-4,
        epsilon: 1e-8,
      };
      const variants = peer ? [...VARIANTS[precision], ...(task === 'everything' ? [] : [FOLDED])] : [];
      for (let i = 0; i < runs; i++) {
        context.note(`${precision}, ${TITLES[task]}: run ${i + 1} of ${runs}`);
        row.thaw.push((await runChild<Answer>('speed-child.ts', parameters, folder)).imagesPerSecond);
        for (const variant of variants) {
          const answer = await peer?.run<Answer>('speed.py', { ...parameters, variant }, folder);
          row.pytorch[variant] ??= [];
          row.pytorch[variant].push(answer?.imagesPerSecond ?? Number.NaN);
        }
      }
      rows.push(row);
    }
  }
  return outcome(rows, { runs, batchSize, batchesInMemory: 2, order: 'thaw and PyTorch in turns' });
}

interface Answer {
  imagesPerSecond: number;
}

function outcome(rows: readonly Row[], settings: object): Outcome {
  const best = rows.map((row) => {
    const medians = Object.entries(row.pytorch).map(([name, values]) => ({ name, median: median(values) }));
    const tuned = medians.filter(({ name }) => name !== FOLDED).sort((a, b) => b.median - a.median)[0];
    const folded = medians.find(({ name }) => name === FOLDED);
    return { row, thaw: median(row.thaw), tuned, folded };
  });
  const number = (value: number | undefined, digits: number) =>
    value === undefined ? '' : value.toFixed(digits);
  const ratio = (thaw: number, other: { median: number } | undefined) =>
    number(other && thaw / other.median, 2);
  return {
    settings,
    table: [
      ['images/s', 'precision', 'thaw', 'PyTorch', '', 'ratio', 'PyTorch, folded by hand', 'ratio'],
      ...best.map(({ row, thaw, tuned, folded }) => [
        TITLES[row.task],
        row.precision,
        number(thaw, 1),
        number(tuned?.median, 1),
        tuned?.name ?? '',
        ratio(thaw, tuned),
        number(folded?.median, 1),
        ratio(thaw, folded),
      ]),
    ],
    goals: best
      .filter(({ row, tuned }) => tuned && row.precision === 'bfloat16' && row.task !== 'forward')
      .map(({ row, thaw, tuned }) => ({
        name: `ratio to PyTorch in ${row.precision}, ${TITLES[row.task]}`,
        value: thaw / (tuned?.median ?? Number.NaN),
        limit: 1,
        sense: 'at least',
      })),
    measured: rows,
  };
}
