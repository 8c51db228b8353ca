import type { Dataset } from '../data/dataset.ts';
import { ThawError } from '../errors.ts';
import { listed, shortened } from '../validate.ts';

/**
 * The data with its labels as indices into `wanted`: names in another order are the same classes, and there may be fewer.
 * @param what begins the sentence about a class that is none of them
 * @throws ThawError ERR_CLASS_NAMES
 */
export function withClassesOf(dataset: Dataset, wanted: readonly string[], what: string): Dataset {
  const { classes } = dataset;
  if (classes.length === wanted.length && classes.every((name, index) => name === wanted[index])) {
    return dataset;
  }
  const known = new Set(wanted);
  const stranger = classes.find((name) => !known.has(name));
  if (stranger === undefined) return dataset.withClasses(wanted);
  throw new ThawError(
    'ERR_CLASS_NAMES',
    `${what} has the classes ${listed(classes)}, not ${listed(wanted)}; the first that is none of them is '${shortened(stranger)}'.`,
  );
}
