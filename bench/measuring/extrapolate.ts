import { median } from './statistics.ts';

/** A training run that was measured over fewer epochs, or fewer images, than the whole takes. */
export interface MeasuredRun {
  /** Of the whole process. */
  readonly seconds: number;
  readonly epochSeconds: readonly number[];
  /** Images of the whole over images that were measured; 1 for all of them. */
  readonly scale: number;
}

/**
 * Seconds that the whole of `epochs` epochs would take.
 *
 * What happens outside of epochs (starting, loading, saving) and what the first epoch takes beyond the others
 * (compiling, warming up) is there once; the median of the later epochs, times `scale`, is there every epoch. A run
 * whose work differs from epoch to epoch, such as one with a cache, has to be measured whole.
 */
export function extrapolate(run: MeasuredRun, epochs: number): number {
  const { seconds, epochSeconds, scale } = run;
  if (epochSeconds.length >= epochs && scale === 1) return seconds;
  const [first = Number.NaN] = epochSeconds;
  const typical = laterEpoch(epochSeconds) ?? first;
  const outside = seconds - epochSeconds.reduce((sum, each) => sum + each, 0);
  const once = outside + Math.max(0, first - typical);
  return once + epochs * scale * typical;
}

/** The median of those after the first. */
export function laterEpoch([_, ...later]: readonly number[]): number | undefined {
  return later.length > 0 ? median(later) : undefined;
}
