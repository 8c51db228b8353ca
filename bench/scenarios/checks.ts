import path from 'node:path';
import { adam, imageFolder, linearHead, ResNet50 } from '../../lib/index.ts';
import { setTask } from '../measuring/levels.ts';
import { drawPixels } from '../measuring/pixels.ts';
import { copyCount } from '../measuring/subset.ts';
import type { Device } from '../options.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';

export const checks: Scenario = {
  name: 'checks',
  claim: 'The device gives what the CPU gives in float32: features, losses of training steps, predictions.',
  only: 'cuda',
  run,
};

type Precision = 'float32' | 'bfloat16';

/** What is computed on both, and by how much it may differ in each precision. */
interface Check {
  readonly name: string;
  readonly limits: Readonly<Record<Precision, number>>;
  compute(device: Device, precision: Precision): Promise<readonly number[] | Float32Array>;
  difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number;
}

async function run(context: Context): Promise<Outcome> {
  const { device } = context.options;
  const rows = [];
  const measured = [];
  for (const { name, limits, compute, difference } of await checksOf(context)) {
    context.note(`${name}: CPU in float32`);
    const expected = await compute('cpu', 'float32');
    for (const precision of ['float32', 'bfloat16'] as const) {
      context.note(`${name}: ${device} in ${precision}`);
      const actual = await compute(device, precision);
      const limit = limits[precision];
      const apart = difference(actual, expected);
      rows.push({ name, precision, difference: apart, limit, agrees: apart <= limit ? 'yes' : 'failed' });
      if (expected.length <= 1000) measured.push({ name, precision, actual, expected });
    }
  }
  return {
    settings: { device },
    table: {
      columns: {
        [`CPU = ${device}`]: 'words',
        precision: 'words',
        difference: 'difference',
        limit: 'difference',
        agrees: 'words',
      },
      rows: rows.map(({ name, ...row }) => ({ [`CPU = ${device}`]: name, ...row })),
    },
    goals: rows.map(({ name, precision, difference, limit }) => ({
      name: `${name} in ${precision}`,
      value: difference,
      limit,
      sense: 'at most',
    })),
    measured,
  };
}

async function checksOf({ quick, folder, options, data, weights: file }: Context): Promise<Check[]> {
  const weights = file();
  const kernels = options.kernels !== undefined && { kernels: options.kernels };
  const [images, steps, batchSize] = quick ? [2, 3, 4] : [16, 20, 32];
  const pixels = await drawPixels(images, folder);
  const all = path.resolve(await data('train'));
  const batch = await copyCount(all, path.join(folder, 'batch'), batchSize);
  // A small batch lacks some of the classes; the head has them all.
  const { classes } = (await imageFolder(all)).train;
  const { train } = await imageFolder(batch, { classes });
  const { source } = train;
  const photographs = source.kind === 'files' ? source.paths : [];
  return [
    {
      // The map before the head: many numbers, none of them hidden by a softmax.
      name: 'features',
      limits: { float32: 1e-4, bfloat16: 0.05 },
      compute: async (device, precision) => {
        const model = await ResNet50.load({ weights, device, includeTop: false });
        const output = await model.apply(pixels, { precision, ...kernels });
        model.dispose();
        return output.data;
      },
      difference: ofNorms,
    },
    {
      // Of step after step on one batch, everything trained: an epoch is a step, and an epoch's loss that step's.
      name: `losses of ${steps} steps`,
      limits: { float32: 1e-3, bfloat16: 0.1 },
      compute: async (device, precision) => {
        const model = await ResNet50.load({ weights, device });
        model.replaceHead(linearHead(train.classes.length), { seed: 1 });
        setTask(model, 'everything');
        model.compile({ optimizer: adam({ learningRate: 1e-5, epsilon: 1e-7 }) });
        const run = {
          epochs: steps,
          batchSize,
          precision,
          shuffle: false,
          cache: 'off',
          ...kernels,
        } as const;
        const { loss } = await model.fit(train, run);
        model.dispose();
        return loss;
      },
      difference: (actual, expected) => largest(actual, expected, (value) => Math.abs(value)),
    },
    {
      name: `probabilities of ${photographs.length} photographs`,
      limits: { float32: 1e-4, bfloat16: 0.05 },
      compute: async (device, precision) => {
        const model = await ResNet50.load({ weights, device });
        const predicted = await model.predict(photographs, { precision, batchSize, topK: 1000, ...kernels });
        model.dispose();
        // In the order of the classes.
        return predicted.flatMap(({ top }) =>
          [...top].sort((a, b) => a.index - b.index).map(({ probability }) => probability),
        );
      },
      difference: (actual, expected) => largest(actual, expected, () => 1),
    },
  ];
}

/** Of the 2-norm. */
function ofNorms(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    error += ((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)) ** 2;
    scale += (expected[i] ?? 0) ** 2;
  }
  return Math.sqrt(error / scale);
}

/** The largest difference; NaN where one is, so that it passes for no agreement. */
function largest(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scale: (of: number) => number,
): number {
  const apart = Array.from(
    expected,
    (value, i) => Math.abs((actual[i] ?? Number.NaN) - value) / scale(value),
  );
  return apart.length === actual.length ? Math.max(...apart) : Number.NaN;
}
