import type { Level } from '../../measuring/levels.ts';
import type { BenchOptions } from '../../options.ts';
import type { System } from '../../systems/system.ts';

/** How much of a run is measured; the rest is extrapolated from it. */
export interface Part {
  readonly epochs: number;
  /** Of the images of each class. */
  readonly share: number;
}

/** Rates at which each level learns without overshooting. */
export const LEARNING_RATES: Record<Level, number> = { head: 1e-3, 'layer4.2': 1e-4, everything: 1e-4 };

/** Of systems whose epochs are alike: the first, and others enough to know them by. */
const EPOCHS = 3;
/** Of systems that would take hours. */
const SLOW: Part = { epochs: 2, share: 0.2 };

export function partFor(
  system: Pick<System, 'slow' | 'caches'>,
  level: Level,
  { epochs, quick, full }: Pick<BenchOptions, 'epochs' | 'quick' | 'full'>,
): Part {
  // A cache makes later epochs unlike the first ones; with everything trained there is nothing to keep.
  const whole = full || quick || (system.caches && level !== 'everything');
  if (whole) return { epochs, share: 1 };
  return system.slow
    ? { epochs: Math.min(epochs, SLOW.epochs), share: SLOW.share }
    : { epochs: Math.min(epochs, EPOCHS), share: 1 };
}
