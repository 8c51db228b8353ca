import path from 'node:path';
import { drawImages } from '../measuring/drawn.ts';
import { LEVEL_TITLES, LEVELS, type Level } from '../measuring/levels.ts';
import { measure } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { inTurns, type Turns } from '../measuring/turns.ts';
import { mebibytes } from '../presenting/numbers.ts';
import type { Context, Goal, Outcome, Scenario } from '../scenario.ts';
import type { System } from '../systems/system.ts';

export const memory: Scenario = {
  name: 'memory',
  claim: 'Peak memory of a training run; in thaw it grows neither with the number of images nor of epochs.',
  needsPeer: false,
  run,
};

interface Case {
  system: System;
  images: number;
  epochs: number;
}

async function run(context: Context): Promise<Outcome> {
  const { quick, folder, options } = context;
  // Enough batches that every buffer of a loader is in use with the fewest images.
  const few = quick ? 10 : 128;
  const batchSize = quick ? 5 : 32;
  const epochs = quick ? 2 : 6;
  const folders = new Map<number, string>();
  for (const count of [few, 10 * few])
    folders.set(count, await drawImages(path.join(folder, `images-${count}`), count));
  const { found } = await context.systems();
  const measured: { level: Level; cases: Case[]; peaks: Turns<number>[] }[] = [];
  for (const level of options.levels ?? (quick ? (['head'] as const) : LEVELS)) {
    const cases = found
      // The others' peaks stand in `end-to-end` as well: enough for a quick look.
      .filter(
        (system) => system.train && (system.trains?.(level) ?? true) && !(quick && system.name !== 'thaw'),
      )
      .flatMap((system): Case[] => {
        const base = { system, images: few, epochs: 1 };
        return system.name === 'thaw' ? [base, { ...base, images: 10 * few }, { ...base, epochs }] : [base];
      });
    context.note(LEVEL_TITLES[level]);
    const peaks = await inTurns(
      cases.map((each) => ({ name: titleOf(each), start: () => peakOf(each, level) })),
      {
        runs: options.runs ?? (quick ? 1 : 3),
        attempts: 1, // other programs take no memory of these processes
        note: context.note,
        describe: mebibytes,
      },
    );
    measured.push({ level, cases, peaks });
  }

  async function peakOf({ system, images, epochs }: Case, level: Level): Promise<number> {
    const train = folders.get(images) ?? '';
    const job = { level, train, validation: null, epochs, batchSize, learningRate: 1e-4, seed: 1 };
    const command = await system.train?.(job);
    if (!command) throw new TypeError(`${system.title} does not train.`);
    return (await measure(command)).peakKiB;
  }

  const rows = measured.flatMap(({ level, cases, peaks }) =>
    cases.map((each, i) => ({ level, ...each, peak: middle(peaks[i]) })),
  );
  const levels = measured.map(({ level }) => level);
  return {
    settings: { images: few, batchSize, epochs: 1, inputShape: [224, 224, 3] },
    table: [
      ['system', ...levels.map((level) => LEVEL_TITLES[level])],
      ...[...new Set(rows.map(titleOf))].map((title) => [
        title,
        ...levels.map((level) => {
          const row = rows.find((each) => each.level === level && titleOf(each) === title);
          return row && Number.isFinite(row.peak) ? mebibytes(row.peak) : '–';
        }),
      ]),
    ],
    charts: [
      {
        kind: 'bars',
        title: `Peak memory of training on ${few} images, batches of ${batchSize}`,
        unit: 'MiB',
        groups: levels.map((level) => ({
          title: LEVEL_TITLES[level],
          bars: rows
            .filter((row) => row.level === level && row.images === few && row.epochs === 1)
            .filter(({ peak }) => Number.isFinite(peak))
            .map(({ system, peak }) => ({ label: system.title, value: peak / 1024 })),
        })),
      },
    ],
    // At an inner boundary the kept features are meant to grow with the images, up to a limit of their own.
    goals: levels
      .filter((level) => level !== 'layer4.2')
      .flatMap((level) => growth(rows.filter((row) => row.level === level && row.system.name === 'thaw'))),
    measured: measured.map(({ level, peaks }) => ({ level, peaksKiB: peaks })),
  };
}

function titleOf({ system, images, epochs }: Case): string {
  return system.name === 'thaw'
    ? `thaw, ${images} images, ${epochs} epoch${epochs === 1 ? '' : 's'}`
    : system.title;
}

function middle(turns: Turns<number> | undefined): number {
  return turns && turns.values.length > 0 ? median(turns.values) : Number.NaN;
}

/** Of thaw's three cases at one level, against the first. */
function growth([base, more, longer]: readonly { level: Level; peak: number }[]): Goal[] {
  if (!base || !more || !longer) return [];
  const title = LEVEL_TITLES[base.level];
  return [
    { name: `growth with images, ${title}`, value: more.peak / base.peak - 1, limit: 0.05, sense: 'at most' },
    {
      name: `growth with epochs, ${title}`,
      value: longer.peak / base.peak - 1,
      limit: 0.05,
      sense: 'at most',
    },
  ];
}
