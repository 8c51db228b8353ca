import { ThawError } from '../errors.ts';
import { evaluate as options } from '../options/run.ts';
import type { Checked } from '../options/table.ts';
import { shortened } from '../validate.ts';

export type Threshold = Checked<typeof options>['threshold'];

/** The probability above which an image is said to have each of the labels. @throws ThawError ERR_INVALID_ARGUMENT */
export function thresholdsOf(threshold: Threshold, classes: readonly string[]): number[] {
  if (typeof threshold === 'number') return classes.map(() => threshold);
  const known = new Set(classes);
  const stranger = Object.keys(threshold).find((name) => !known.has(name));
  if (stranger !== undefined) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `threshold names '${shortened(stranger)}', which is no label of the model.`,
    );
  }
  const given = new Map(Object.entries(threshold));
  return classes.map((name) => given.get(name) ?? options.threshold.default);
}
