/** Three digits, as people read them: 0.0123, 4.56, 78.9, 1,230. */
export function short(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** A duration with its unit: 850 ms, 12.3 s, 4 min 5 s, 2 h 3 min. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 100) return `${short(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
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
