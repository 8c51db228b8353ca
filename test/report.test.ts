import { expect, test } from '@jest/globals';
import type { ReportData } from '../lib/report/data.ts';
import { reportPage } from '../lib/report/page.ts';
import { epochTicks, ticks } from '../lib/report/scale.ts';

function data(changes: Partial<ReportData> = {}): ReportData {
  return {
    version: '0.1.0',
    config: { epochs: 3, data: '/photos' },
    history: {
      loss: [1, 0.5, 0.25],
      accuracy: [0.4, 0.6, 0.8],
      valLoss: [1.2, 0.9, 0.8],
      valAccuracy: [0.3, 0.5, 0.7],
      epochSeconds: [2, 2, 2],
      imagesPerSecond: [50, 60, 55],
    },
    evaluation: {
      loss: 0.8,
      accuracy: 0.7,
      top5: 1,
      perClass: [
        { label: 'cat', precision: 0.75, recall: 0.6, f1: 2 / 3, support: 5 },
        { label: 'dog', precision: 2 / 3, recall: 0.8, f1: 0.727, support: 5 },
      ],
      confusionMatrix: [
        [3, 2],
        [1, 4],
      ],
    },
    classes: ['cat', 'dog'],
    trainImages: 40,
    validationImages: 10,
    device: 'cpu',
    precision: 'bfloat16',
    stoppedEarly: false,
    parameters: { total: 23_512_130, trainable: 4_098 },
    frozen: { tensors: 318, checks: 11, digest: 'da39a3ee' },
    leftOut: [],
    seconds: 75,
    skipped: [],
    ...changes,
  };
}

test('names from outside cannot become markup', () => {
  const evil = '"><script>alert(1)</script>';
  const page = reportPage(
    data({
      classes: [evil, 'dog'],
      config: { data: evil },
      skipped: [{ name: evil, code: 'ERR_IMAGE_DECODE', reason: evil }],
      evaluation: {
        ...(data().evaluation as NonNullable<ReportData['evaluation']>),
        perClass: [evil, 'dog'].map((label) => ({ label, precision: 1, recall: 1, f1: 1, support: 1 })),
      },
    }),
  );
  expect(page).not.toContain('<script');
  expect(page).toContain('&lt;script&gt;');
});

test('what was proved of the frozen layers is told, and steps that were left out', () => {
  const page = reportPage(data({ leftOut: ['The loss was no finite number in epoch 1, batch 2 (<a>).'] }));
  expect(page).toMatch(/The 318 weights and statistics of the frozen layers .* 11 times .* da39a3ee/);
  expect(page).toContain('batch 2 (&lt;a&gt;)');
  expect(reportPage(data({ frozen: { tensors: 0, checks: 1, digest: '' } }))).not.toContain('Checks');
});

test('a run without validation, with a diverged loss, without an epoch', () => {
  const { history } = data();
  const { evaluation: _, ...unvalidated } = data({
    history: { ...history, loss: [1, Number.NaN, 0.5], valLoss: [], valAccuracy: [] },
  });
  const page = reportPage(unvalidated);
  expect(page).toContain('There were no validation images.');
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
  const none = {
    loss: [],
    accuracy: [],
    valLoss: [],
    valAccuracy: [],
    epochSeconds: [],
    imagesPerSecond: [],
  };
  expect(reportPage({ ...unvalidated, history: none })).not.toMatch(/NaN|undefined|Infinity/);
});

test('has curves, matrix, scores, settings and what was left out, and fetches nothing', () => {
  const page = reportPage(
    data({ skipped: [{ name: 'a.jpg', code: 'ERR_IMAGE_DECODE', reason: 'cut short' }], bestEpoch: 1 }),
  );
  expect(page.match(/<g class="curve /g)).toHaveLength(4);
  expect(page).toContain('cat taken for dog: 2 (40.0\u202f%)');
  expect(page).toContain('best epoch: 2');
  expect(page).toContain('<dt>data</dt><dd>/photos</dd>');
  expect(page).toContain('cut short');
  expect(page).not.toMatch(/https?:|src=|@import|url\(/);
});

test('many classes stay a page of reasonable size', () => {
  const classes = Array.from({ length: 400 }, (_, i) => `class ${i}`);
  const evaluation = {
    loss: 1,
    accuracy: 0.5,
    top5: 0.8,
    perClass: classes.map((label) => ({ label, precision: 0.5, recall: 0.5, f1: 0.5, support: 2 })),
    confusionMatrix: classes.map((_, i) => classes.map((_, j) => Number(i === j) + Number(j === 0))),
  };
  expect(reportPage(data({ classes, evaluation })).length).toBeLessThan(400_000);
});

test('where an image may have many labels there is no confusion, and an average precision', () => {
  const label = {
    label: 'red',
    precision: 0.5,
    recall: 0.25,
    f1: 1 / 3,
    support: 4,
    averagePrecision: 0.625,
  };
  const evaluation = { loss: 1, accuracy: 0.5, perClass: [label], confusionMatrix: [] };
  const page = reportPage(data({ classes: ['red'], evaluation }));
  expect(page).not.toContain('Confusion matrix');
  expect(page).toMatch(/average precision<\/th>/);
  expect(page).toContain('62.5\u202f%');
});

test('axes have round numbers that span the values', () => {
  expect(ticks(0, 2.3, 5)).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
  expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticks(0, 0, 5).length).toBeGreaterThan(1);
  expect(epochTicks(3, 10)).toEqual([1, 2, 3]);
  expect(epochTicks(100, 10)).toEqual([1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
});
