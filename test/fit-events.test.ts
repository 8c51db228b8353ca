import { expect, test } from '@jest/globals';
import { type BatchLogs, imageArray, linearHead, ResNet18, type ValidationLogs } from '../lib/index.ts';

const labels = Array.from({ length: 48 }, (_, i) => i % 2);
const data = imageArray(
  Float32Array.from({ length: 48 * 64 * 64 * 3 }, (_, i) => Math.sin(i)),
  { shape: [48, 64, 64, 3], labels, classes: ['a', 'b'] },
);

test('batches tell the time left, validations how far they are', async () => {
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [64, 64, 3] });
  model.freeze();
  model.replaceHead(linearHead(2));
  model.compile();
  const batches: BatchLogs[] = [];
  const validations: ValidationLogs[] = [];
  const { epochSeconds } = await model.fit(data, {
    epochs: 20,
    batchSize: 8,
    validationData: data,
    callbacks: {
      onBatchEnd: (logs) => void batches.push(logs),
      onValidationBatchEnd: (logs) => void validations.push(logs),
    },
  });
  // The first epoch computes what the others recall.
  const first = batches.filter(({ epoch, batch }) => epoch === 0 && batch === 6);
  expect(first).toHaveLength(1);
  expect(first[0]?.secondsLeft).toBeLessThan(0.5 * 19 * (epochSeconds[0] ?? 0));
  const last = batches.at(-1);
  expect(last).toMatchObject({ epoch: 19, batch: 6, batches: 6 });
  expect(last?.secondsLeft).toBeGreaterThan(0); // its validation
  const ends = validations.filter(({ batch, batches: of }) => batch === of);
  expect(ends).toEqual(Array.from({ length: 20 }, (_, epoch) => ({ epoch, batch: 6, batches: 6 })));
});
