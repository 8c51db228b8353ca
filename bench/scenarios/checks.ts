import path from 'node:path';
import { adam, imageFolder, linearHead, type ResNet, ResNet50 } from '../../lib/index.ts';
import { drawPixels } from '../measuring/drawn.ts';
import { setTask } from '../measuring/levels.ts';
import { copyImages, imagesIn } from '../measuring/subset.ts';
import { atMost, type Context, type Outcome, type Scenario } from '../scenario.ts';

export const checks: Scenario = {
  name: 'checks',
  claim: 'The device gives what the CPU gives in float32: features, losses of training steps, predictions.',
  only: 'cuda',
  run,
};

type Precision = 'float32' | 'bfloat16';
type Numbers = readonly number[] | Float32Array;

/** What is computed on both, and by how much it may differ in each precision. */
interface Check {
  readonly name: string;
  readonly limits: Readonly<Record<Precision, number>>;
  readonly includeTop?: false;
  compute(model: ResNet, precision: Precision): Promise<Numbers>;
  difference(actual: Numbers, expected: Numbers): number;
}

const COLUMNS = {
  name: 'words',
  precision: 'words',
  difference: 'difference',
  limit: 'difference',
  agrees: 'words',
} as const;

async function run(context: Context): Promise<Outcome> {
  const { device } = context.options;
  const weights = context.weights();
  const rows = [];
  const goals = [];
  const measured = [];
  for (const { name, limits, includeTop = true, compute, difference } of await checksOf(context)) {
    const computed = async (on: typeof device, precision: Precision) => {
      context.note(`${name}: ${on} in ${precision}`);
      const model = await ResNet50.load({ weights, device: on, includeTop });
      const numbers = await compute(model, precision);
      model.dispose();
      return numbers;
    };
    const expected = await computed('cpu', 'float32');
    for (const precision of ['float32', 'bfloat16'] as const) {
      const actual = await computed(device, precision);
      const goal = atMost(`${name} in ${precision}`, difference(actual, expected), limits[precision]);
      goals.push(goal);
      rows.push({
        name,
        precision,
        difference: goal.value,
        limit: goal.limit,
        agrees: goal.met ? 'yes' : 'failed',
      });
      if (expected.length <= 1000) measured.push({ name, precision, actual, expected });
    }
  }
  return { settings: { device }, table: { columns: COLUMNS, rows }, goals, measured };
}

async function checksOf({ folder, options, data }: Context): Promise<Check[]> {
  const kernels = options.kernels !== undefined && { kernels: options.kernels };
  const [images, steps, batchSize] = options.quick ? [2, 3, 4] : [16, 20, 32];
  const pixels = await drawPixels(images, folder);
  const all = await data('train');
  const batch = await copyImages(all, path.join(folder, 'batch'), batchSize);
  // A small batch lacks some of the classes; the head has them all.
  const { classes } = (await imageFolder(all)).train;
  const { train } = await imageFolder(batch, { classes });
  const photographs = await imagesIn(batch);
  return [
    {
      // The map before the head: many numbers, none of them hidden by a softmax.
      name: 'features',
      limits: { float32: 1e-4, bfloat16: 0.05 },
      includeTop: false,
      compute: async (model, precision) => (await model.apply(pixels, { precision, ...kernels })).data,
      difference: (actual, expected) => norm(apart(actual, expected)) / norm(expected),
    },
    {
      // Of step after step on one batch, everything trained: an epoch is a step, and an epoch's loss that step's.
      name: `losses of ${steps} steps`,
      limits: { float32: 1e-3, bfloat16: 0.1 },
      compute: async (model, precision) => {
        model.replaceHead(linearHead(classes.length), { seed: 1 });
        setTask(model, 'everything');
        model.compile({ optimizer: adam({ learningRate: 1e-5, epsilon: 1e-7 }) });
        const how = { batchSize, precision, shuffle: false, cache: 'off', ...kernels } as const;
        return (await model.fit(train, { epochs: steps, ...how })).loss;
      },
      difference: (actual, expected) =>
        Math.max(...apart(actual, expected).map((error, i) => error / Math.abs(expected[i] ?? 0))),
    },
    {
      name: `probabilities of ${photographs.length} photographs`,
      limits: { float32: 1e-4, bfloat16: 0.05 },
      compute: async (model, precision) => {
        const predicted = await model.predict(photographs, { precision, batchSize, topK: 1000, ...kernels });
        // In the order of the classes.
        return predicted.flatMap(({ top }) =>
          [...top].sort((a, b) => a.index - b.index).map(({ probability }) => probability),
        );
      },
      difference: (actual, expected) => Math.max(...apart(actual, expected)),
    },
  ];
}

/** NaN where a number is missing or is one, so that it passes for no agreement. */
function apart(actual: Numbers, expected: Numbers): number[] {
  const length = Math.max(actual.length, expected.length);
  return Array.from({ length }, (_, i) => Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)));
}

/** The 2-norm. */
function norm(values: Numbers): number {
  let sum = 0;
  for (const value of values) sum += value ** 2;
  return Math.sqrt(sum);
}
