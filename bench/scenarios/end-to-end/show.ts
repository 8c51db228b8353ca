import { LEVEL_TITLES, LEVELS, type Level } from '../../measuring/levels.ts';
import type { Chart } from '../../presenting/chart.ts';
import { duration, mebibytes, percent } from '../../presenting/numbers.ts';
import type { Part } from './plan.ts';
import { accuracyOf, middle, type Row, ratio } from './rows.ts';

export function table(rows: readonly Row[], epochs: number): string[][] {
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

export function charts(rows: readonly Row[], epochs: number): Chart[] {
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
