import path from 'node:path';
import { imageFolder, linearHead, ResNet50 } from '../../lib/index.ts';
import { runChild } from '../children/child.ts';
import type { SpeedParameters } from '../children/speed.ts';
import { LEVEL_TITLES, LEVELS, type Level } from '../measuring/levels.ts';
import { preparePixels } from '../measuring/pixels.ts';
import { quietly } from '../measuring/quietly.ts';
import { median } from '../measuring/statistics.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';

export const speed: Scenario = {
  name: 'speed',
  claim: 'At each level of freezing thaw trains at least as fast as the best-tuned eager PyTorch.',
  needsPeer: false,
  run,
};

const PRECISIONS = ['bfloat16', 'float32'] as const;

/** PyTorch's ways to compute: see peers/speed.py. Folding is what a user of it would have to write by hand. */
const VARIANTS = { bfloat16: ['autocast', 'cast'], float32: ['plain'] } as const;
const FOLDED = 'folded';
const THAW = 'thaw';

interface Row {
  precision: (typeof PRECISIONS)[number];
  task: Level;
  /** One entry a run, of thaw and of each variant of PyTorch. */
  imagesPerSecond: Record<string, number[]>;
  /** The largest share of the processor that other programs took during one of these measurements. */
  disturbance: number;
}

interface Side {
  name: string;
  start: () => Promise<{ imagesPerSecond: number }>;
}

async function run(context: Context): Promise<Outcome> {
  const { quick, folder, peer } = context;
  const runs = context.options.runs ?? (quick ? 1 : 3);
  const batchSize = quick ? 4 : 32;
  const { train } = await imageFolder(await context.data('train'));
  const pixels = await preparePixels(train, 2 * batchSize, folder);
  const state = path.join(folder, 'state.safetensors');
  const model = await ResNet50.load({ weights: context.weights(), device: 'cpu' });
  model.replaceHead(linearHead(10), { seed: 1 });
  await model.save(state);
  model.dispose();

  const rows: Row[] = [];
  const only = context.options.precision ?? (quick ? 'bfloat16' : undefined);
  for (const precision of only ? [only] : PRECISIONS) {
    for (const task of context.options.levels ?? (quick ? (['layer4.2'] as const) : LEVELS)) {
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
      const sides: Side[] = [{ name: THAW, start: () => runChild('speed.ts', parameters, folder) }];
      if (peer) {
        const folded = task === 'everything' ? [] : [FOLDED];
        for (const name of [...VARIANTS[precision], ...folded]) {
          sides.push({
            name,
            start: () => peer.run('pytorch/speed.py', { ...parameters, variant: name }, folder),
          });
        }
      }
      const row: Row = { precision, task, imagesPerSecond: {}, disturbance: 0 };
      for (const { name } of sides) row.imagesPerSecond[name] = [];
      for (let i = 0; i < runs; i++) {
        context.note(`${precision}, ${LEVEL_TITLES[task]}: run ${i + 1} of ${runs}`);
        for (const { name, start } of sides) {
          const { value, disturbance } = await quietly(start, quick ? 1 : undefined);
          row.imagesPerSecond[name]?.push(value.imagesPerSecond);
          context.note(`  ${name}: ${value.imagesPerSecond.toFixed(1)} images/s`);
          row.disturbance = Math.max(row.disturbance, disturbance);
        }
      }
      rows.push(row);
    }
  }
  const result = outcome(rows, { runs, batchSize, batchesInMemory: 2, order: 'thaw and PyTorch in turns' });
  return quick ? { ...result, goals: [] } : result;
}

function outcome(rows: readonly Row[], settings: object): Outcome {
  const best = rows.map((row) => {
    const medians = Object.entries(row.imagesPerSecond).map(([name, values]) => ({
      name,
      median: median(values),
    }));
    const named = (name: string) => medians.find((each) => each.name === name);
    const tuned = medians
      .filter(({ name }) => name !== FOLDED && name !== THAW)
      .sort((a, b) => b.median - a.median)[0];
    return { row, thaw: named(THAW)?.median ?? Number.NaN, tuned, folded: named(FOLDED) };
  });
  const number = (value: number | undefined, digits: number) =>
    value === undefined ? '' : value.toFixed(digits);
  const ratio = (thaw: number, other: { median: number } | undefined) =>
    number(other && thaw / other.median, 2);
  return {
    settings,
    table: [
      [
        'images/s',
        'precision',
        'thaw',
        'PyTorch',
        '',
        'ratio',
        'PyTorch, folded by hand',
        'ratio',
        'disturbed',
      ],
      ...best.map(({ row, thaw, tuned, folded }) => [
        LEVEL_TITLES[row.task],
        row.precision,
        number(thaw, 1),
        number(tuned?.median, 1),
        tuned?.name ?? '',
        ratio(thaw, tuned),
        number(folded?.median, 1),
        ratio(thaw, folded),
        `${(100 * row.disturbance).toFixed(0)} %`,
      ]),
    ],
    goals: best
      .filter(({ row, tuned }) => tuned && row.precision === 'bfloat16')
      .map(({ row, thaw, tuned }) => ({
        name: `ratio to PyTorch in ${row.precision}, ${LEVEL_TITLES[row.task]}`,
        value: thaw / (tuned?.median ?? Number.NaN),
        limit: 1,
        sense: 'at least',
      })),
    measured: rows,
  };
}
