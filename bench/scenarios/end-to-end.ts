import path from 'node:path';
import { extrapolate, laterEpoch } from '../measuring/extrapolate.ts';
import { type Level, TITLES } from '../measuring/levels.ts';
import { copyImages, imagesIn } from '../measuring/subset.ts';
import type { BenchOptions } from '../options.ts';
import { written } from '../presenting/numbers.ts';
import { atLeast, type Context, type Goal } from '../scenario.ts';
import { EPSILON, LEARNING_RATES, levelsOf, type System, training } from '../systems/system.ts';
import { type Case, casesOf, middle, PEAK_MEMORY, processes, type Row, type Run } from './processes.ts';

/** How much of a run is measured; the rest is extrapolated from it. */
export interface Part {
  readonly epochs: number;
  /** Of the images. */
  readonly share: number;
}

interface TrainCase extends Case {
  readonly level: Level;
  readonly part: Part;
  /** Images of the whole over images here. */
  readonly scale: number;
}

const epochSeconds = ({ epochs }: Run) => epochs.map(({ seconds }) => seconds);

export const endToEnd = processes<TrainCase>(
  {
    name: 'end-to-end',
    claim: 'From JPEG files to the saved model thaw is ahead of everyone, at the same accuracy.',
  },
  async (context) => {
    const { options, systems } = context;
    const { epochs, quick } = options;
    const batchSize = quick ? 10 : 32;
    const cases: TrainCase[] = [];
    for (const level of levelsOf(options)) {
      for (const system of systems) {
        const part = partFor(system, level, options);
        const { train, validation, count, scale } = await imageSet(context, part.share);
        const job = training({ level, train, validation, epochs: part.epochs, batchSize });
        cases.push(...casesOf([system], TITLES[level], job, { level, part, images: count, scale }));
      }
    }
    return {
      settings: {
        epochs,
        batchSize,
        learningRates: LEARNING_RATES,
        optimizer: 'adam',
        epsilon: EPSILON,
        head: 'linear',
        images: (await imageSet(context, 1)).count,
      },
      cases,
      group: 'trained',
      value: {
        title: `${epochs} epochs, all`,
        unit: 's',
        better: 'less',
        read: (run, { scale }) =>
          extrapolate({ seconds: run.seconds, epochSeconds: epochSeconds(run), scale }, epochs),
      },
      columns: {
        'first epoch': ['s', (row) => row.scale * middle(row, (run) => run.epochs[0]?.seconds)],
        'a later one': ['s', (row) => row.scale * middle(row, (run) => laterEpoch(epochSeconds(run)))],
        accuracy: ['share', (row) => accuracy(row, epochs)],
        'peak memory': PEAK_MEMORY,
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
  { slow, caches }: Pick<System, 'slow' | 'caches'>,
  level: Level,
  { epochs, quick, full }: Pick<BenchOptions, 'epochs' | 'quick' | 'full'>,
): Part {
  // A cache makes later epochs unlike the first ones; with everything trained there is nothing to keep.
  if (full || quick || (caches && level !== 'everything')) return { epochs, share: 1 };
  const part = slow ? SLOW : { epochs: EPOCHS, share: 1 };
  return { ...part, epochs: Math.min(epochs, part.epochs) };
}

/** The photographs, or a part of them for what is too slow for all. */
async function imageSet({ data, folder }: Context, share: number) {
  const all = { train: await data('train'), validation: await data('validation') };
  const total = { train: await count(all.train), validation: await count(all.validation) };
  if (share === 1) return { ...all, count: total, scale: 1 };
  const part = async (name: 'train' | 'validation') =>
    copyImages(all[name], path.join(folder, `${share}`, name), Math.round(share * total[name]));
  const set = { train: await part('train'), validation: await part('validation') };
  const few = { train: await count(set.train), validation: await count(set.validation) };
  const scale = (total.train + total.validation) / (few.train + few.validation);
  return { ...set, count: few, scale };
}

const count = async (folder: string) => (await imagesIn(folder)).length;

/** After the epochs that were measured; of a part of the images it says nothing. */
function accuracy(row: Row<TrainCase>, epochs: number): string | undefined {
  const { part } = row;
  if (part.share < 1) return undefined;
  const after = part.epochs < epochs ? ` (${part.epochs} epochs)` : '';
  const value = middle(row, (run) => run.epochs.at(-1)?.accuracy);
  return written(value, 'share') + after;
}

function described({ epochs, share }: Part, all: number): string {
  if (epochs === all && share === 1) return 'all';
  const images = share === 1 ? '' : ` of ${Math.round(100 * share)} % of the images`;
  return `${epochs} of ${all} epochs${images}`;
}

/** How many times longer the others have to take; of several ways to tune, the fastest counts. */
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
    const value = Math.min(...those.map(({ ahead }) => ahead).filter(Number.isFinite));
    return atLeast(`time of ${systems.join(' or ')} to thaw's, ${TITLES[level]}`, value, times);
  });
}
