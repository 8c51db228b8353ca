/**
 * Seconds that `epochs` epochs would take, from a whole process of fewer.
 *
 * What happens outside of epochs (starting, loading, saving) and what the first epoch takes beyond the others
 * (compiling, warming up) is there once; the median of the later epochs is there every epoch. A run whose work differs
 * from epoch to epoch, such as one with a cache, has to be measured whole.
 */
export function extrapolate(seconds: number, epochSeconds: readonly number[], epochs: number): number {
  if (epochSeconds.length >= epochs) return seconds;
  const [first = Number.NaN] = epochSeconds;
  const typical = laterEpoch(epochSeconds) ?? first;
  const outside = seconds - epochSeconds.reduce((sum, each) => sum + each, 0);
  return outside + Math.max(0, first - typical) + epochs * typical;
}

/** The median of those after the first. */
export function laterEpoch([_, ...later]: readonly number[]): number | undefined {
  return later.length > 0 ? median(later) : undefined;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
