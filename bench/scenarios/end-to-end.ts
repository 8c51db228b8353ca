import path from 'node:path';
import { extrapolate } from '../measuring/extrapolate.ts';
import { type Level, TITLES } from '../measuring/levels.ts';
import { copyShare, countImages } from '../measuring/subset.ts';
import type { BenchOptions } from '../options.ts';
import { written } from '../presenting/numbers.ts';
import type { Context, Goal } from '../scenario.ts';
import { EPSILON, LEARNING_RATES, levelsOf, type System, trains } from '../systems/system.ts';
import { type Case, caseOf, middle, peakMiB, processes, type Row } from './processes.ts';

/** How much of a run is measured; the rest is extrapolated from it. */
export interface Part {
  readonly epochs: number;
  /** Of the images of each class. */
  readonly share: number;
}

interface TrainCase extends Case {
  readonly level: Level;
  readonly part: Part;
  /** Images of the whole over images here. */
  readonly scale: number;
}

const SEED = 1;

export const endToEnd = processes<TrainCase>(
  {
    name: 'end-to-end',
    claim: 'From JPEG files to the saved model thaw is ahead of everyone, at the same accuracy.',
  },
  async (context) => {
    const { options, quick } = context;
    const { epochs } = options;
    const batchSize = quick ? 10 : 32;
    const set = imageSets(context);
    const cases: TrainCase[] = [];
    for (const level of levelsOf(options)) {
      for (const system of trains(context.systems, level)) {
        const part = partFor(system, level, options);
        const { train, validation, scale } = await set(part.share);
        const job = { level, train, validation, epochs: part.epochs, batchSize, seed: SEED };
        const learningRate = LEARNING_RATES[level];
        const each = caseOf(system, TITLES[level], () => system.train({ ...job, learningRate }));
        cases.push({ ...each, level, part, scale });
      }
    }
    const { train, validation } = await set(1);
    return {
      settings: {
        epochs,
        batchSize,
        learningRates: LEARNING_RATES,
        optimizer: 'adam',
        epsilon: EPSILON,
        head: 'linear',
        seed: SEED,
        images: { train: await countImages(train), validation: await countImages(validation) },
      },
      cases,
      group: 'trained',
      value: {
        title: `${epochs} epochs, all`,
        unit: 's',
        better: 'less',
        read: (run, { scale }) => {
          const epochSeconds = run.epochs.map(({ seconds }) => seconds);
          return extrapolate({ seconds: run.seconds, epochSeconds, scale }, epochs);
        },
      },
      columns: {
        'first epoch': ['s', (row) => row.scale * middle(row, (run) => run.epochs[0]?.seconds)],
        'a later one': ['s', (row) => row.scale * middle(row, laterEpoch)],
        accuracy: ['share', (row) => accuracy(row, epochs)],
        'peak memory': ['MiB', peakMiB],
        measured: ['words', ({ part }) => described(part, epochs)],
      },
      goals,
      attempts: 2,
    };
  },
);

/** Of systems whose epochs are alike: the first, and others enough to know them by. */
const EPOCHS = 3;
/** Of systems that would take hours. */
const SLOW: Part = { epochs: 2, share: 0.2 };

export function partFor(
  system: Pick<System, 'slow' | 'caches'>,
  level: Level,
  { epochs, quick, full }: Pick<BenchOptions, 'epochs' | 'quick' | 'full'>,
): Part {
  // A cache makes later epochs unlike the first ones; with everything trained there is nothing to keep.
  const whole = full || quick || (system.caches && level !== 'everything');
  if (whole) return { epochs, share: 1 };
  return system.slow
    ? { epochs: Math.min(epochs, SLOW.epochs), share: SLOW.share }
    : { epochs: Math.min(epochs, EPOCHS), share: 1 };
}

/** The photographs, and even parts of them for what is too slow for all. */
function imageSets({ data, folder }: Context) {
  const made = new Map<number, { train: string; validation: string; scale: number }>();
  return async (share: number) => {
    const all = {
      train: path.resolve(await data('train')),
      validation: path.resolve(await data('validation')),
    };
    const known = share === 1 ? { ...all, scale: 1 } : made.get(share);
    if (known) return known;
    const target = path.join(folder, `share-${share}`);
    const train = await copyShare(all.train, path.join(target, 'train'), share);
    const validation = await copyShare(all.validation, path.join(target, 'validation'), share);
    const count = async (set: typeof all) =>
      (await countImages(set.train)) + (await countImages(set.validation));
    const set = { train, validation, scale: (await count(all)) / (await count({ train, validation })) };
    made.set(share, set);
    return set;
  };
}

function laterEpoch({ epochs }: { epochs: readonly { seconds: number }[] }): number | undefined {
  const later = epochs.slice(1).map(({ seconds }) => seconds);
  return later.length > 0 ? later.sort((a, b) => a - b)[later.length >> 1] : undefined;
}

/** After the epochs that were measured; of a part of the images it says nothing. */
function accuracy(row: Row<TrainCase>, epochs: number): string | undefined {
  if (row.part.share < 1) return undefined;
  const after = row.part.epochs < epochs ? ` (${row.part.epochs} epochs)` : '';
  return (
    written(
      middle(row, (run) => run.epochs.at(-1)?.accuracy),
      'share',
    ) + after
  );
}

function described({ epochs, share }: Part, all: number): string {
  if (epochs === all && share === 1) return 'all';
  const images = share === 1 ? '' : ` of ${Math.round(100 * share)} % of the images`;
  return `${epochs} of ${all} epochs${images}`;
}

/** How many times longer the others have to take. */
const AHEAD: readonly { level: Level; systems: readonly string[]; times: number }[] = [
  { level: 'head', systems: ['pytorch-tutorial'], times: 60 },
  { level: 'head', systems: ['pytorch-tuned', 'pytorch-compiled'], times: 12 },
  { level: 'head', systems: ['tfjs-node-patched'], times: 40 },
  { level: 'head', systems: ['pytorch-cached'], times: 1 },
  { level: 'layer4.2', systems: ['pytorch-tuned', 'pytorch-compiled'], times: 8 },
];

function goals(rows: readonly Row<TrainCase>[]): Goal[] {
  return AHEAD.map(({ level, systems, times }) => {
    const those = rows.filter((row) => row.level === level && systems.includes(row.name));
    // Of several ways to tune, the fastest counts.
    const value = Math.min(...those.map(({ ahead }) => ahead).filter(Number.isFinite));
    const name = `time of ${systems.join(' or ')} to thaw's, ${TITLES[level]}`;
    return { name, value, limit: times, sense: 'at least' };
  });
}
