import { type Level, levelsOf, TITLES } from '../measuring/levels.ts';
import { epochsOf, type Run } from '../measuring/process.ts';
import { extrapolate, laterEpoch } from '../measuring/statistics.ts';
import { imagesIn } from '../measuring/subset.ts';
import type { BenchOptions } from '../options.ts';
import { atLeast, type Goal } from '../scenario.ts';
import { EPSILON, LEARNING_RATES, type System, training } from '../systems/system.ts';
import { type Case, casesOf, middle, PEAK_MEMORY, processes, type Row } from './processes.ts';

interface TrainCase extends Case {
  readonly level: Level;
  /** That are measured; the others are extrapolated from them. */
  readonly epochs: number;
}

export const endToEnd = processes<TrainCase>(
  {
    name: 'end-to-end',
    claim: 'From JPEG files to the saved model thaw is ahead of everyone, at the same accuracy.',
  },
  async ({ options, systems, data }) => {
    const all = options.epochs;
    const batchSize = options.quick ? 10 : 32;
    const [train, validation] = [await data('train'), await data('validation')];
    const images = { train: (await imagesIn(train)).length, validation: (await imagesIn(validation)).length };
    const cases = levelsOf(options).flatMap((level) =>
      systems.flatMap((system) => {
        const epochs = measuredEpochs(system, level, options);
        const job = training({ level, train, validation, epochs, batchSize });
        return casesOf([system], TITLES[level], job, { level, epochs });
      }),
    );
    return {
      settings: {
        images,
        epochs: all,
        batchSize,
        learningRates: LEARNING_RATES,
        epsilon: EPSILON,
        head: 'linear',
      },
      cases,
      group: 'trained',
      value: {
        title: `${all} epochs, all`,
        unit: 's',
        better: 'less',
        read: (run) => extrapolate(run.seconds, secondsOf(run), all),
      },
      columns: {
        'first epoch': ['s', (row) => middle(row, (run) => secondsOf(run)[0])],
        'a later one': ['s', (row) => middle(row, (run) => laterEpoch(secondsOf(run)))],
        accuracy: ['share', (row) => middle(row, (run) => epochsOf(run).at(-1)?.valAccuracy)],
        'peak memory': PEAK_MEMORY,
        // What stands under accuracy is that of these epochs.
        measured: ['words', ({ epochs }) => (epochs === all ? 'all' : `${epochs} of ${all} epochs`)],
      },
      goals,
      attempts: 2,
    };
  },
);

const secondsOf = (run: Run) => epochsOf(run).map(({ epochSeconds = Number.NaN }) => epochSeconds);

/** Enough epochs to know the others by, where they are alike: the first, which warms up, and later ones. */
export function measuredEpochs(
  { slow, caches }: Pick<System, 'slow' | 'caches'>,
  level: Level,
  { epochs, quick, full }: Pick<BenchOptions, 'epochs' | 'quick' | 'full'>,
): number {
  // A cache makes later epochs unlike the first ones; with everything trained there is nothing to keep.
  const whole = full || quick || (caches && level !== 'everything');
  return whole ? epochs : Math.min(epochs, slow ? 2 : 3);
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
