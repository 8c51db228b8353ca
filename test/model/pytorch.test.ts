/**
 * What PyTorch gives from the same file: outputs, and losses of training step by step. Network and photographs are
 * drawn; THAW_TEST_DATA (with validation/, a folder a class) and THAW_TEST_WEIGHTS (TorchScript, 1000 classes) name
 * real ones, of which all are compared, and what differs is printed: README.md tells it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { adam, type BatchLogs, imageArray, linearHead, ResNet50 } from '../../lib/index.ts';
import { temporaryFolder } from '../support/folders.ts';
import { pythonWith, runPeer } from '../support/python.ts';

const python = pythonWith('torch', 'torchvision', 'PIL') ?? '';
const { THAW_TEST_DATA: data, THAW_TEST_WEIGHTS: file } = process.env;
const real = data !== undefined && file !== undefined;

const LEVELS = ['head', 'layer4.2', 'everything'] as const;
type Level = (typeof LEVELS)[number];
type Losses = Record<'channelsLast' | 'contiguous', number[]>;

const SIDE = 224;
const job = {
  ...(real
    ? { tensors: 64, steps: 50, batchSize: 8, batches: 5 }
    : { tensors: 8, steps: 6, batchSize: 4, batches: 2 }),
  classes: 10,
  // A drawn network is thrown about by larger steps: then rounding alone grows beyond what is compared.
  learningRates: { head: 1e-3, 'layer4.2': 1e-4, everything: real ? 1e-4 : 1e-5 },
  epsilon: 1e-8,
};
const HOUR = 3_600_000;

(python ? describe : describe.skip)('as PyTorch computes it, in float32', () => {
  const folder = temporaryFolder();
  const weights = file ?? path.join(folder, 'network.pt');
  let photographs: string[];
  let pytorch: Record<Level, Losses>;

  beforeAll(async () => {
    if (!real) runPeer(python, 'pytorch_training.py', [folder, 'draw']);
    photographs = real ? listed(path.join(data, 'validation')) : listed(folder, ['photographs']);
    for (const level of LEVELS) {
      const model = await startOf(level);
      await model.save(path.join(folder, `${level}.pth`));
      model.dispose();
    }
    writeFileSync(path.join(folder, 'job.json'), JSON.stringify({ ...job, weights, photographs }));
    pytorch = runPeer(python, 'pytorch_training.py', [folder, 'compute']);
  }, HOUR);

  test(
    'logits of the same tensors are within 1e-4',
    async () => {
      const pixels = floats('pixels');
      const expected = floats('logits');
      const model = await ResNet50.load({ weights, device: 'cpu' });
      const size = SIDE * SIDE * 3;
      const logits: number[] = [];
      for (let at = 0; at < pixels.length; at += 16 * size) {
        const part = pixels.subarray(at, at + 16 * size);
        const batch = { data: part, shape: [part.length / size, SIDE, SIDE, 3] };
        logits.push(...(await model.apply(batch, { precision: 'float32' })).data);
      }
      model.dispose();
      const difference = largest(logits, expected, () => 1);
      tell(`logits of ${job.tensors} tensors within ${difference.toExponential(1)}`);
      expect(difference).toBeLessThan(1e-4);
      // The comparison says something: images differ by more.
      expect(largest(logits.slice(0, 1000), logits.slice(1000, 2000), () => 1)).toBeGreaterThan(0.05);
    },
    HOUR,
  );

  test(
    'photographs have the same top-1, and probabilities within 0.01',
    async () => {
      const model = await ResNet50.load({ weights, device: 'cpu' });
      const predictions = await model.predict(photographs, { precision: 'float32', topK: 1000 });
      model.dispose();
      const expected = floats('probabilities');
      const images = predictions.map(({ index, top }, image) => {
        const row = expected.subarray(1000 * image, 1000 * (image + 1));
        const found = top.map(({ probability }) => probability);
        const apart = largest(
          found,
          top.map((each) => row[each.index] ?? Number.NaN),
          () => 1,
        );
        return { same: row.indexOf(Math.max(...row)) === index, apart };
      });
      const difference = Math.max(...images.map(({ apart }) => apart));
      const same = images.filter((image) => image.same).length;
      tell(`${same} of ${images.length} photographs with the same top-1`);
      tell(`probabilities within ${difference.toExponential(1)}`);
      expect(difference).toBeLessThan(0.01);
      expect(same).toBe(photographs.length);
    },
    HOUR,
  );

  test.each(LEVELS)(
    'losses of training %s follow, step by step, within 1e-3',
    async (level) => {
      const { batches, batchSize, epsilon, steps, classes } = job;
      const count = batches * batchSize;
      const pixels = floats('pixels').slice(0, count * SIDE * SIDE * 3);
      const model = await startOf(level);
      model.compile({ optimizer: adam({ learningRate: job.learningRates[level], epsilon }) });
      const logs: BatchLogs[] = [];
      await model.fit(
        imageArray(pixels, {
          shape: [count, SIDE, SIDE, 3],
          labels: Array.from({ length: count }, (_, i) => i % classes),
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
      const { spans, means } = stepLosses(logs);
      const over = (losses: number[]) => spans.map(([begin, end]) => mean(losses.slice(begin, end)));
      const reference = over(pytorch[level].channelsLast);
      const difference = largest(means, reference, Math.abs);
      // Another order of the same additions: what rounding alone does to these losses.
      const noise = largest(over(pytorch[level].contiguous), reference, Math.abs);
      tell(`${level}: within ${difference.toExponential(1)} (PyTorch to itself ${noise.toExponential(1)})`);
      expect(spans.at(-1)?.[1]).toBe(steps);
      expect(difference).toBeLessThan(1e-3);
      expect(reference.at(-1)).not.toBeCloseTo(reference[0] ?? 0, 2);
    },
    HOUR,
  );

  /** Every level starts from the same network and the same drawn head. */
  async function startOf(level: Level) {
    const model = await ResNet50.load({ weights, device: 'cpu' });
    model.replaceHead(linearHead(job.classes), { seed: 1 });
    model.freeze();
    if (level === 'everything') model.unfreeze();
    else if (level !== 'head') model.unfreeze(level);
    return model;
  }

  function floats(name: string): Float32Array {
    return new Float32Array(readFileSync(path.join(folder, `${name}.f32`)).buffer.slice(0));
  }
});

function listed(root: string, classes = readdirSync(root).sort()): string[] {
  return classes.flatMap((name) =>
    readdirSync(path.join(root, name))
      .sort()
      .map((image) => path.resolve(root, name, image)),
  );
}

/**
 * Thaw tells the mean loss of the epoch so far, and not oftener than ten times a second: differences of them are
 * the losses of the steps in between, of a single step wherever a step takes longer than that.
 */
function stepLosses(logs: readonly BatchLogs[]) {
  const spans: [begin: number, end: number][] = [];
  const means: number[] = [];
  let before = { epoch: -1, batch: 0, loss: 0 };
  for (const { epoch, batch, loss } of logs) {
    if (epoch !== before.epoch) before = { epoch, batch: 0, loss: 0 };
    spans.push([epoch * job.batches + before.batch, epoch * job.batches + batch]);
    means.push((loss * batch - before.loss * before.batch) / (batch - before.batch));
    before = { epoch, batch, loss };
  }
  return { spans, means };
}

/** The largest |a - b| / scale(b); a NaN must not pass for agreement. */
function largest(a: ArrayLike<number>, b: ArrayLike<number>, scale: (of: number) => number): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...Array.from(b, (value, i) => Math.abs((a[i] ?? Number.NaN) - value) / scale(value)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tell(line: string): void {
  if (real) console.info(line);
}
