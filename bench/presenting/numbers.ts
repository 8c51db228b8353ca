import { formatSeconds } from '../../lib/files/format.ts';

/** Three digits, as people read them: 0.0123, 4.56, 78.9, 1,230. */
const short = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

/** A duration with its unit: 850 ms, 12.3 s, 4 min 5 s. */
function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  return seconds < 100 ? `${short(seconds)} s` : formatSeconds(seconds);
}

const count = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

/** How a number of each unit is written in a table. */
const WRITTEN = {
  words: String,
  count,
  s: duration,
  'images/s': short,
  MiB: (value: number) => `${count(value)} MiB`,
  share: (value: number) => `${(100 * value).toFixed(1)} %`,
  times: short,
  difference: (value: number) => value.toExponential(1),
} satisfies Record<string, (value: number) => string>;

export type Unit = keyof typeof WRITTEN;

/** A number that nobody knows is a dash. */
export function written(value: string | number | undefined, unit: Unit): string {
  if (typeof value === 'string') return value;
  return value === undefined || !Number.isFinite(value) ? '–' : WRITTEN[unit](value);
}
