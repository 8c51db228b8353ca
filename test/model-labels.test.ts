import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dense, globalAveragePooling, imageArray, type ResNet, ResNet18 } from '../lib/index.ts';
import { temporaryFolder } from './support/folders.ts';

const small = { weights: null, device: 'cpu', inputShape: [32, 32, 3] } as const;
const run = { precision: 'float32', batchSize: 8, cache: 'off' } as const;
const classes = ['red', 'green', 'blue'];
const N = 24;

/** Which of the three channels are bright: every subset, none and all as well. */
const rows = Array.from({ length: N }, (_, image) => classes.map((_, bit) => (image >> bit) & 1));

function images(): Uint8Array {
  const data = new Uint8Array(N * 32 * 32 * 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (state * 16807) % 2147483647;
    data[i] = (state % 100) + (rows[Math.floor(i / (32 * 32 * 3))]?.[i % 3] ?? 0) * 120;
  }
  return data;
}

const shape = [N, 32, 32, 3] as const;

async function sigmoid(): Promise<ResNet> {
  const model = await ResNet18.load(small);
  model.freeze();
  model.unfreeze('layer4');
  model.replaceHead([globalAveragePooling(), dense(3, { activation: 'sigmoid' })]);
  model.compile({ loss: 'binary_crossentropy', optimizer: 'adam' });
  return model;
}

describe('images with several labels', () => {
  test('are trained, measured by label, predicted above a threshold, and known again in a file', async () => {
    const model = await sigmoid();
    const data = imageArray(images(), { shape, labels: rows, classes, multiLabel: true });
    const history = await model.fit(data, { ...run, epochs: 20, validationData: data });
    expect(history.loss.at(-1)).toBeLessThan(0.5 * (history.loss[0] as number));
    const evaluation = await model.evaluate(data, { precision: 'float32' });
    expect(evaluation.loss).toBeCloseTo(history.evaluation?.loss ?? Number.NaN, 4);
    expect(evaluation.confusionMatrix).toEqual([]);
    expect(evaluation).not.toHaveProperty('top5');

    // Written out from the probabilities.
    const predictions = await model.predict({ data: images(), shape }, { precision: 'float32', topK: 3 });
    const probability = (image: number, label: number) =>
      predictions[image]?.top.find(({ index }) => index === label)?.probability ?? Number.NaN;
    let right = 0;
    let loss = 0;
    for (const [image, row] of rows.entries()) {
      for (const [label, has] of row.entries()) {
        const p = probability(image, label);
        right += Number(p > 0.5 === (has === 1));
        loss -= Math.log(has === 1 ? p : 1 - p);
      }
      expect(predictions[image]?.labels?.map(({ index }) => index).sort()).toEqual(
        [0, 1, 2].filter((label) => probability(image, label) > 0.5),
      );
    }
    expect(evaluation.accuracy).toBeCloseTo(right / (N * 3), 6);
    expect(evaluation.loss).toBeCloseTo(loss / (N * 3), 4);
    for (const [label, scores] of evaluation.perClass.entries()) {
      const said = rows.filter((_, image) => probability(image, label) > 0.5).length;
      const hits = rows.filter((row, image) => row[label] === 1 && probability(image, label) > 0.5).length;
      const support = rows.filter((row) => row[label] === 1).length;
      expect(scores).toMatchObject({ label: classes[label], support });
      expect(scores.precision).toBeCloseTo(said === 0 ? 0 : hits / said, 6);
      expect(scores.recall).toBeCloseTo(hits / support, 6);
      expect(scores.averagePrecision).toBeGreaterThan(0.8);
    }
    const nothing = await model.evaluate(data, { threshold: 1, precision: 'float32' });
    expect(nothing.perClass.map(({ recall }) => recall)).toEqual([0, 0, 0]);
    expect((await model.predict({ data: images(), shape }, { threshold: 0 }))[0]?.labels).toHaveLength(3);

    const one = await model.evaluate(data, { threshold: { green: 1 }, precision: 'float32' });
    expect(one.perClass.map(({ recall }) => recall)).toEqual(
      evaluation.perClass.map(({ recall }, label) => (label === 1 ? 0 : recall)),
    );
    await expect(model.evaluate(data, { threshold: { grey: 1 } })).rejects.toThrow("'grey'");

    const file = path.join(temporaryFolder(), 'labels.safetensors');
    await model.save(file);
    const loaded = await ResNet18.load({ device: 'cpu', weights: file });
    const [again] = await loaded.predict({ data: images(), shape }, { precision: 'float32' });
    expect(again?.labels?.map(({ label }) => label)).toEqual(
      predictions[0]?.labels?.map(({ label }) => label),
    );
  });

  test('need a sigmoid unit each and the binary loss', async () => {
    const data = imageArray(images(), { shape, labels: rows, classes, multiLabel: true });
    const model = await sigmoid();
    model.compile();
    await expect(model.fit(data, run)).rejects.toThrow("the loss 'binaryCrossentropy'");
    model.replaceHead([globalAveragePooling(), dense(3, { activation: 'softmax' })]);
    model.compile({ loss: 'binaryCrossentropy' });
    await expect(model.fit(data, run)).rejects.toThrow("{ activation: 'sigmoid' }");
    model.replaceHead([globalAveragePooling(), dense(4, { activation: 'sigmoid' })]);
    await expect(model.fit(data, run)).rejects.toMatchObject({ code: 'ERR_CLASS_COUNT' });
    const top5 = await sigmoid();
    top5.compile({ loss: 'binaryCrossentropy', metrics: ['top5'] });
    await expect(top5.fit(data, run)).rejects.toThrow('many labels');
  });
});

describe('images in memory', () => {
  const labels = Int32Array.from({ length: N }, (_, image) => image % 2);
  const two = async () => {
    const model = await ResNet18.load(small);
    model.freeze();
    model.replaceHead([globalAveragePooling(), dense(2, { activation: 'softmax' })]);
    model.compile();
    return model;
  };

  test('soft rows of whole shares are the classes; weights of images are repetitions', async () => {
    const batch = { images: images(), shape, classes: ['a', 'b'] };
    const oneHot = Array.from(labels, (label) => [1 - label, label]);
    const runs = await Promise.all(
      [
        { ...batch, labels },
        { ...batch, labels: oneHot },
        { ...batch, labels: Array.from(labels, (label) => ['a', 'b'][label] as string) },
        { ...batch, labels, sampleWeights: new Float32Array(N).fill(1) },
      ].map(async (data) => (await two()).fit(data, { ...run, epochs: 2 })),
    );
    for (const { loss } of runs) expect(loss).toEqual(runs[0]?.loss);
    const soft = Array.from(labels, (label) => [0.9 - 0.8 * label, 0.1 + 0.8 * label]);
    const smooth = await two();
    smooth.compile({ labelSmoothing: 0.2 });
    const model = await two();
    const mixed = await model.fit({ ...batch, labels: soft }, { ...run, epochs: 2 });
    const smoothed = await smooth.fit({ ...batch, labels }, { ...run, epochs: 2 });
    for (const [i, loss] of mixed.loss.entries()) expect(loss).toBeCloseTo(smoothed.loss[i] as number, 5);

    const weighted = await two();
    const weights = Float32Array.from(labels, (label) => 3 * label);
    const heavy = await weighted.fit(
      { ...batch, labels, sampleWeights: weights },
      { ...run, epochs: 2, validationData: { ...batch, labels } },
    );
    const byClass = await (await two()).fit(
      { ...batch, labels },
      { ...run, epochs: 2, classWeight: { a: 0, b: 3 } },
    );
    expect(heavy.loss).toEqual(byClass.loss);
    expect(heavy.valLoss[1]).toBeCloseTo(
      (await weighted.evaluate({ ...batch, labels }, { precision: 'float32' })).loss,
      4,
    );
  });

  test('a split, batches of a generator, and the call as Keras has it', async () => {
    const batch = { images: images(), shape, labels, classes: ['a', 'b'] };
    const model = await two();
    const { valLoss, evaluation } = await model.fit(batch, { ...run, validationSplit: 0.25 });
    expect(valLoss).toHaveLength(1);
    expect(evaluation?.images).toBe(6);
    async function* batches() {
      for (let i = 0; ; i++) {
        yield {
          ...batch,
          images: batch.images.subarray(0, 4 * 3072),
          shape: [4, 32, 32, 3] as const,
          labels: labels.subarray(0, 4),
        };
        if (i > 100) throw new Error('more than were asked for');
      }
    }
    const logs: number[] = [];
    await model.fit(batches, {
      ...run,
      stepsPerEpoch: 3,
      callbacks: { onBatchEnd: ({ images: seen }) => logs.push(seen) },
    });
    expect(logs.at(-1)).toBe(12);
    await expect(model.fit(batches, run)).rejects.toThrow('stepsPerEpoch');
    await expect(model.fit(images() as never, labels as never)).rejects.toThrow('fit({ images');
    await expect(
      model.fit(batch, { ...run, validationSplit: 0.2, validationData: batch }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});
