import path from 'node:path';
import { adam, type BatchLogs, imageArray, imageFolder, linearHead, ResNet50 } from '../../lib/index.ts';
import { LEVEL_TITLES, LEVELS, type Level, setLevel } from '../measuring/levels.ts';
import { type Pixels, preparePixels } from '../measuring/pixels.ts';
import { largestDifference, mean } from '../measuring/statistics.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';

export const losses: Scenario = {
  name: 'losses',
  claim: 'Training from the same state with the same batches follows the losses of PyTorch, step by step.',
  needsPeer: true,
  run,
};

interface Settings {
  steps: number;
  batchSize: number;
  batches: number;
  epsilon: number;
  classes: number;
}

/** Rates at which each level learns without overshooting. */
const RATES: Record<Level, number> = { head: 1e-3, 'layer4.2': 1e-4, everything: 1e-4 };

async function run(context: Context): Promise<Outcome> {
  const { train } = await imageFolder(await context.data('train'));
  const settings: Settings = {
    ...(context.quick ? { steps: 4, batchSize: 4, batches: 2 } : { steps: 50, batchSize: 8, batches: 5 }),
    epsilon: 1e-8,
    classes: train.classes.length,
  };
  const pixels = await preparePixels(train, settings.batchSize * settings.batches, context.folder);
  const rows = [];
  // One level with a frozen and a trained part is enough for a quick look.
  const levels = context.options.levels ?? (context.quick ? (['layer4.2'] as const) : LEVELS);
  for (const level of levels) rows.push(await compare(context, level, pixels, settings));
  return {
    settings: { ...settings, learningRates: RATES, optimizer: 'adam', precision: 'float32' },
    table: [
      ['trained', 'steps', 'first loss', 'last loss', 'largest difference', 'PyTorch to itself', 'goal'],
      ...rows.map((row) => [
        LEVEL_TITLES[row.level],
        String(row.thaw.length),
        (row.thaw[0] ?? 0).toFixed(4),
        (row.thaw.at(-1) ?? 0).toFixed(4),
        row.difference.toExponential(1),
        row.noise.toExponential(1),
        '1e-3',
      ]),
    ],
    goals: rows.map(({ level, difference }) => ({
      name: `relative difference of a loss, ${LEVEL_TITLES[level]}`,
      value: difference,
      limit: 1e-3,
      sense: 'at most',
    })),
    measured: rows,
  };
}

async function compare(context: Context, level: Level, pixels: Pixels, settings: Settings) {
  const { folder, peer } = context;
  const { steps, batchSize, batches, epsilon, classes } = settings;
  const learningRate = RATES[level];
  const state = path.join(folder, `${level}.safetensors`);
  context.note(`${LEVEL_TITLES[level]}: thaw`);
  const model = await ResNet50.load({ weights: context.weights(), device: 'cpu' });
  model.replaceHead(linearHead(classes), { seed: 1 });
  setLevel(model, level);
  await model.save(state);
  model.compile({ optimizer: adam({ learningRate, epsilon }) });
  const logs: BatchLogs[] = [];
  await model.fit(
    imageArray(pixels.data, {
      shape: [...pixels.shape],
      labels: pixels.labels,
      classes: Array.from({ length: classes }, (_, i) => String(i)),
    }),
    {
      epochs: steps / batches,
      batchSize,
      shuffle: false,
      precision: 'float32',
      callbacks: { onBatchEnd: (batch) => logs.push(batch) },
    },
  );
  model.dispose();
  const { spans, thaw } = stepLosses(logs, batches);

  const given = {
    level,
    state,
    steps,
    batchSize,
    learningRate,
    epsilon,
    weights: context.weights(),
    pixels: pixels.file,
    shape: pixels.shape,
    labels: pixels.labels,
  };
  const perStep = async (channelsLast: boolean) => {
    context.note(`${LEVEL_TITLES[level]}: PyTorch, ${channelsLast ? 'channels-last' : 'contiguous'}`);
    const answer = await peer?.run<{ losses: number[]; differing: string[] }>(
      'pytorch/losses.py',
      { ...given, channelsLast },
      folder,
    );
    if (!answer || answer.differing.length > 0) {
      throw new Error(
        `The state handed over is not that of the weights file: ${answer?.differing.join(', ')}.`,
      );
    }
    return spans.map(([begin, end]) => mean(answer.losses.slice(begin, end)));
  };
  const pytorch = await perStep(true);
  const pytorchContiguous = await perStep(false);
  return {
    level,
    difference: largestDifference(thaw, pytorch, Math.abs),
    // Another order of the same additions: what rounding alone does to these losses.
    noise: largestDifference(pytorchContiguous, pytorch, Math.abs),
    thaw,
    pytorch,
    pytorchContiguous,
  };
}

/**
 * Thaw tells the mean loss of the epoch so far, and not oftener than ten times a second: differences of them are
 * the losses of the steps in between, of a single step wherever a step takes longer than that.
 */
function stepLosses(logs: readonly BatchLogs[], batches: number) {
  const spans: [begin: number, end: number][] = [];
  const thaw: number[] = [];
  let before = { epoch: -1, batch: 0, loss: 0 };
  for (const { epoch, batch, loss } of logs) {
    if (epoch !== before.epoch) before = { epoch, batch: 0, loss: 0 };
    spans.push([epoch * batches + before.batch, epoch * batches + batch]);
    thaw.push((loss * batch - before.loss * before.batch) / (batch - before.batch));
    before = { epoch, batch, loss };
  }
  return { spans, thaw };
}
