import path from 'node:path';
import { drawMany } from '../measuring/drawn.ts';
import { eventsNamed, measure } from '../measuring/process.ts';
import { slope } from '../measuring/statistics.ts';
import { duration, mebibytes, short } from '../presenting/numbers.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';
import { thawCommand, UNFREEZE } from '../systems/thaw.ts';

export const growth: Scenario = {
  name: 'growth',
  claim: 'Time grows with the number of images, memory far less; a larger batch takes memory and saves time.',
  needsPeer: false,
  run,
};

/** Of the files, in pixels. */
const SIDE = 48;
/** Of the network's input where the number of images grows: what it costs apart from computing is what counts. */
const SMALL_INPUT = 32;

interface Point {
  images: number;
  batchSize: number;
  /** Of the whole process. */
  seconds: number;
  firstEpoch: number;
  laterEpoch: number;
  peakKiB: number;
}

async function run(context: Context): Promise<Outcome> {
  const { quick, folder, options, note } = context;
  const images = path.join(folder, 'drawn');
  const byImages: Point[] = [];
  let drawn = 0;
  for (const count of counts(options.upTo)) {
    note(`drawing ${count - drawn} images of ${SIDE} x ${SIDE}`);
    await drawMany(images, drawn, count, SIDE);
    drawn = count;
    byImages.push(await trainOn(count, 32, { 'input-size': SMALL_INPUT, unfreeze: UNFREEZE.head }));
  }

  const many = quick ? 16 : 256;
  const sample = path.join(folder, 'sample');
  await drawMany(sample, 0, many, SIDE);
  const byBatch: Point[] = [];
  for (let batchSize = quick ? 4 : 1; batchSize <= (quick ? 8 : 128); batchSize *= 2) {
    byBatch.push(await trainOn(many, batchSize, { data: sample, unfreeze: UNFREEZE.everything }));
  }

  async function trainOn(count: number, batchSize: number, flags: Record<string, string | number>) {
    const out = path.join(folder, `run-${count}-${batchSize}`);
    const measured = await measure(
      thawCommand('train', {
        data: images,
        'validation-split': 0,
        weights: context.weights(),
        epochs: 2,
        'batch-size': batchSize,
        device: 'cpu',
        out,
        json: true,
        quiet: true,
        ...flags,
      }),
    );
    const epochs = eventsNamed<{ epochSeconds: number }>(measured, 'epoch');
    const [first, second] = epochs.map(({ epochSeconds }) => epochSeconds);
    const point: Point = {
      images: count,
      batchSize,
      seconds: measured.seconds,
      firstEpoch: first ?? Number.NaN,
      laterEpoch: second ?? Number.NaN,
      peakKiB: measured.peakKiB,
    };
    note(
      `  ${count} images, batches of ${batchSize}: ${duration(point.seconds)}, ${mebibytes(point.peakKiB)}`,
    );
    return point;
  }

  const time = (points: Point[], x: 'images' | 'batchSize') => [
    { label: 'the whole run', points: points.map((p) => [p[x], p.seconds] as const) },
    { label: 'first epoch', points: points.map((p) => [p[x], p.firstEpoch] as const) },
    { label: 'second epoch', points: points.map((p) => [p[x], p.laterEpoch] as const) },
  ];
  const peak = (points: Point[], x: 'images' | 'batchSize') => [
    { label: 'peak memory', points: points.map((p) => [p[x], p.peakKiB / 1024] as const) },
  ];
  const charts = [
    { points: byImages, x: 'images', xTitle: 'images', title: 'by the number of images' },
    { points: byBatch, x: 'batchSize', xTitle: 'batch size', title: `by the batch size, ${many} images` },
  ] as const;
  return {
    settings: {
      epochs: 2,
      fileSide: SIDE,
      byImages: { inputSize: SMALL_INPUT, level: 'head', batchSize: 32 },
      byBatch: { inputSize: 224, level: 'everything', images: many },
    },
    table: [
      ['images', 'batch', 'whole run', 'first epoch', 'second epoch', 'peak memory'],
      ...[...byImages, ...byBatch].map((point) => [
        point.images.toLocaleString('en-US'),
        String(point.batchSize),
        duration(point.seconds),
        duration(point.firstEpoch),
        duration(point.laterEpoch),
        mebibytes(point.peakKiB),
      ]),
      [
        'power of the images',
        '',
        short(slope(byImages.map((p) => [p.images, p.seconds]))),
        short(slope(byImages.map((p) => [p.images, p.firstEpoch]))),
        short(slope(byImages.map((p) => [p.images, p.laterEpoch]))),
        short(slope(byImages.map((p) => [p.images, p.peakKiB]))),
      ],
    ],
    charts: charts.flatMap(({ points, x, xTitle, title }) => [
      { kind: 'lines', title: `Time ${title}`, xTitle, unit: 's', lines: time(points, x) },
      { kind: 'lines', title: `Peak memory ${title}`, xTitle, unit: 'MiB', lines: peak(points, x) },
    ]),
    goals: [],
    measured: { byImages, byBatch },
  };
}

/** 100, 300, 1000, ... and the bound itself. */
export function counts(upTo: number): number[] {
  const all: number[] = [];
  for (let power = 100; power < upTo; power *= 10)
    for (const step of [1, 3]) if (step * power < upTo) all.push(step * power);
  return [...all, upTo];
}
