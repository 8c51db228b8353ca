import type { CheckResult } from '../check/check.ts';
import { byKind, heading } from '../check/sentences.ts';
import { SIDES } from '../data/labelled-images.ts';
import { plural, table } from './common.ts';

/** So many of a kind are printed; --json and --html have them all. */
const most = 10;

/** What `thaw check-data` prints. */
export function checkText({ counts, notes, findings, features }: CheckResult): string {
  const sides = SIDES.filter((side) => counts.some((count) => count[side] !== undefined));
  const rows = counts.map((count) => [count.name, ...sides.map((side) => String(count[side] ?? 0))]);
  const sums = sides.map((side) => counts.reduce((sum, count) => sum + (count[side] ?? 0), 0));
  const blocks = [
    table([['class', ...sides], ...rows, ['all', ...sums.map(String)]]),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
    ...byKind(findings)
      // The notes name them.
      .filter(([kind]) => kind !== 'leftOut')
      .map(([kind, found]) => {
        const lines = found.slice(0, most).map(({ names, reason }) => `  ${names.join('  ')}\n    ${reason}`);
        const rest = found.length - lines.length;
        const more = rest > 0 ? [`  and ${plural(rest, 'more', 'more')}`] : [];
        return [`${heading(kind, found.length)}:`, ...lines, ...more].join('\n');
      }),
    features === null
      ? 'Nearly the same images and suspicious labels were not looked for: no network compared them.'
      : `Compared by the features of ${features}.`,
  ];
  return `${blocks.join('\n\n')}\n`;
}
