import { extrapolate } from '../measuring/extrapolate.ts';
import { LEVEL_TITLES, LEVELS, type Level } from '../measuring/levels.ts';
import { eventsNamed, measure } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { inTurns, type Turns } from '../measuring/turns.ts';
import { duration } from '../presenting/numbers.ts';
import type { Context, Goal, Outcome, Scenario } from '../scenario.ts';
import { EPSILON, type System } from '../systems/system.ts';
import { ImageSets } from './end-to-end/image-sets.ts';
import { LEARNING_RATES, type Part, partFor } from './end-to-end/plan.ts';
import { type Row, type Run, ratio } from './end-to-end/rows.ts';
import { charts, table } from './end-to-end/show.ts';

export const endToEnd: Scenario = {
  name: 'end-to-end',
  claim: 'From JPEG files to the saved model thaw is ahead of everyone, at the same accuracy.',
  needsPeer: false,
  run,
};

const SEED = 1;

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
