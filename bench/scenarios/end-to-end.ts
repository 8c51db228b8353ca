import { extrapolate } from '../measuring/extrapolate.ts';
import { LEVEL_TITLES, LEVELS, type Level } from '../measuring/levels.ts';
import { eventsNamed, measure } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { inTurns, type Turns } from '../measuring/turns.ts';
import type { Chart } from '../presenting/chart.ts';
import { duration, mebibytes, percent } from '../presenting/numbers.ts';
import type { Context, Goal, Outcome, Scenario } from '../scenario.ts';
import { EPSILON, type System } from '../systems/system.ts';
import { ImageSets } from './end-to-end/image-sets.ts';
import { LEARNING_RATES, type Part, partFor } from './end-to-end/plan.ts';

export const endToEnd: Scenario = {
  name: 'end-to-end',
  claim: 'From JPEG files to the saved model thaw is ahead of everyone, at the same accuracy.',
  needsPeer: false,
  run,
};

const SEED = 1;

/** One run of one system, as the whole would be. */
interface Run {
  /** Start, loading, every epoch with its validation, saving. */
  seconds: number;
  firstEpoch: number;
  /** NaN where one epoch was measured. */
  laterEpoch: number;
  /** After the epochs that were measured; null where a part of the images was. */
  accuracy: number | null;
  peakKiB: number;
  epochSeconds: number[];
  wholeSeconds: number;
}

interface Row {
  level: Level;
  system: System;
  part: Part;
  turns: Turns<Run>;
}

async function run(context: Context): Promise<Outcome> {
  const { options, quick } = context;
  const { found } = await context.systems();
  const sets = new ImageSets(context);
  const rows: Row[] = [];
  // A quick look at one level is enough to see that every system works.
  const levels = options.levels ?? (quick ? (['head'] as const) : LEVELS);
  const batchSize = quick ? 10 : 32;
  for (const level of levels) {
    const systems = found.filter((system) => system.train && (system.trains?.(level) ?? true));
    const parts = systems.map((system) => partFor(system, level, options));
    context.note(`${LEVEL_TITLES[level]}, ${options.epochs} epochs`);
    const sides = systems.map((system, i) => ({
      name: system.title,
      start: () => trainOnce(system, level, parts[i] as Part),
    }));
    const turns = await inTurns(sides, {
      runs: options.runs ?? (quick ? 1 : 3),
      attempts: quick ? 1 : 2,
      note: context.note,
      describe: ({ seconds, wholeSeconds }) =>
        seconds === wholeSeconds
          ? duration(seconds)
          : `${duration(seconds)}, extrapolated from ${duration(wholeSeconds)}`,
    });
    for (const [i, system] of systems.entries())
      rows.push({ level, system, part: parts[i] as Part, turns: turns[i] as Turns<Run> });
  }

  async function trainOnce(system: System, level: Level, part: Part): Promise<Run> {
    const { train, validation, scale } = await sets.get(part.share);
    const job = { level, train, validation, epochs: part.epochs, batchSize, seed: SEED };
    const command = await system.train?.({ ...job, learningRate: LEARNING_RATES[level] });
    if (!command) throw new TypeError(`${system.title} does not train.`);
    const measured = await measure(command);
    const epochs = eventsNamed<{ epochSeconds: number; valAccuracy: number | null }>(measured, 'epoch');
    const epochSeconds = epochs.map((epoch) => epoch.epochSeconds);
    const later = scale * median(epochSeconds.slice(1));
    const { seconds, peakKiB } = measured;
    return {
      seconds: extrapolate({ seconds, epochSeconds, scale }, options.epochs),
      firstEpoch: scale * (epochSeconds[0] ?? Number.NaN),
      laterEpoch: later,
      accuracy: part.share === 1 ? (epochs.at(-1)?.valAccuracy ?? null) : null,
      peakKiB,
      epochSeconds,
      wholeSeconds: seconds,
    };
  }

  return {
    settings: {
      epochs: options.epochs,
      batchSize,
      learningRates: LEARNING_RATES,
      optimizer: 'adam',
      epsilon: EPSILON,
      head: 'linear',
      seed: SEED,
      images: await sets.counts(),
    },
    table: table(rows, options.epochs),
    charts: charts(rows, options.epochs),
    goals: quick ? [] : goals(rows),
    measured: rows.map(({ level, system, part, turns }) => ({ level, system: system.name, part, ...turns })),
  };
}

function middle({ turns }: Row, field: 'seconds' | 'firstEpoch' | 'laterEpoch' | 'peakKiB'): number {
  return median(turns.values.map((value) => value[field]));
}

function accuracyOf({ turns }: Row): number {
  const known = turns.values.map(({ accuracy }) => accuracy).filter((value) => value !== null);
  return known.length > 0 ? median(known) : Number.NaN;
}

/** By how much longer than thaw's. */
function ratio(row: Row, rows: readonly Row[]): number {
  const own = rows.find(({ level, system }) => level === row.level && system.name === 'thaw');
  return own ? middle(row, 'seconds') / middle(own, 'seconds') : Number.NaN;
}

function table(rows: readonly Row[], epochs: number): string[][] {
  return [
    [
      'trained',
      'system',
      `${epochs} epochs, all`,
      'to thaw',
      'first epoch',
      'a later one',
      'accuracy',
      'peak memory',
      'measured',
      'disturbed',
    ],
    ...rows.map((row) => {
      const { level, system, part, turns } = row;
      const name = [LEVEL_TITLES[level], system.title];
      if (turns.values.length === 0) return [...name, 'failed', '', '', '', '', '', '', ''];
      const accuracy = accuracyOf(row);
      const after = part.epochs < epochs ? ` (${part.epochs} epochs)` : '';
      return [
        ...name,
        duration(middle(row, 'seconds')),
        ratio(row, rows).toFixed(1),
        duration(middle(row, 'firstEpoch')),
        duration(middle(row, 'laterEpoch')),
        Number.isNaN(accuracy) ? '–' : percent(accuracy) + after,
        mebibytes(middle(row, 'peakKiB')),
        described(part, epochs),
        percent(turns.disturbance),
      ];
    }),
  ];
}

function described({ epochs, share }: Part, all: number): string {
  if (epochs === all && share === 1) return 'all';
  const images = share === 1 ? '' : ` of ${Math.round(100 * share)} % of the images`;
  return `${epochs} of ${all} epochs${images}`;
}

function charts(rows: readonly Row[], epochs: number): Chart[] {
  const done = rows.filter(({ turns }) => turns.values.length > 0);
  const group = (level: Level) => ({
    title: LEVEL_TITLES[level],
    bars: done
      .filter((row) => row.level === level)
      .map((row) => {
        const accuracy = accuracyOf(row);
        return {
          label: row.system.title,
          value: middle(row, 'seconds'),
          ...(Number.isNaN(accuracy) ? {} : { note: percent(accuracy) }),
        };
      }),
  });
  const groups = LEVELS.map(group).filter(({ bars }) => bars.length > 0);
  return [{ kind: 'bars', title: `From JPEG files to the saved model, ${epochs} epochs`, unit: 's', groups }];
}

/** How many times longer the others have to take. */
const AHEAD: readonly { level: Level; systems: readonly string[]; times: number }[] = [
  { level: 'head', systems: ['pytorch-tutorial'], times: 60 },
  { level: 'head', systems: ['pytorch-tuned', 'pytorch-compiled'], times: 12 },
  { level: 'head', systems: ['tfjs-node-patched'], times: 40 },
  { level: 'head', systems: ['pytorch-cached'], times: 1 },
  { level: 'layer4.2', systems: ['pytorch-tuned', 'pytorch-compiled'], times: 8 },
];

function goals(rows: readonly Row[]): Goal[] {
  return AHEAD.flatMap(({ level, systems, times }) => {
    const those = rows.filter(
      (row) => row.level === level && systems.includes(row.system.name) && row.turns.values.length > 0,
    );
    // Of several ways to tune, the fastest counts.
    const best = Math.min(...those.map((row) => ratio(row, rows)));
    const name = `time of ${systems.join(' or ')} to thaw's, ${LEVEL_TITLES[level]}`;
    return Number.isFinite(best) ? [{ name, value: best, limit: times, sense: 'at least' as const }] : [];
  });
}
