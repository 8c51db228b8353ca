import { createHash } from 'node:crypto';
import { validation } from '../options/data.ts';
import { compareCodePoints } from './order.ts';

/** Image indices, each side in ascending order. */
export interface Sides {
  train: number[];
  validation: number[];
}

export interface SplitInput {
  classes: readonly string[];
  /** A class index an image. */
  labels: ArrayLike<number>;
  /** A name an image, that stays the same when the folder moves: the path inside its class, for instance. */
  names: readonly string[];
  /** Share of the images that goes to validation, from 0 up to (not including) 1. */
  validationSplit: number;
  seed: number;
}

/**
 * Divides images into training and validation, the same share of every class.
 *
 * Within a class the images are ranked by a hash of (seed, class, name), and the first go to validation: adding
 * or removing files moves hardly any other from one side to the other, and neither the order of the files nor
 * their folder's place matters. The number that a class gives is exact (largest remainder), and every class
 * keeps at least one image for training.
 */
export function stratifiedSplit(input: SplitInput): Sides {
  const fraction = validation.validationSplit.kind.check('validationSplit', input.validationSplit);
  const seed = validation.seed.kind.check('seed', input.seed);
  const members: number[][] = input.classes.map(() => []);
  for (let i = 0; i < input.labels.length; i++) members[input.labels[i] as number]?.push(i);

  const counts = apportion(
    members.map((indices) => indices.length),
    fraction,
  );
  const train: number[] = [];
  const held: number[] = [];
  for (const [label, indices] of members.entries()) {
    const ranked = indices
      .map((index) => ({ index, key: rankKey(seed, input.classes[label] ?? '', input.names[index] ?? '') }))
      .sort((a, b) => compareCodePoints(a.key, b.key) || a.index - b.index);
    const take = counts[label] ?? 0;
    for (const [rank, { index }] of ranked.entries()) (rank < take ? held : train).push(index);
  }
  return { train: train.sort((a, b) => a - b), validation: held.sort((a, b) => a - b) };
}

/** How many of each class go to validation: Hamilton's method, at most all but one of a class. */
export function apportion(sizes: readonly number[], fraction: number): number[] {
  const quotas = sizes.map((size) => size * fraction);
  const counts = quotas.map((quota, i) =>
    Math.min(Math.floor(quota + 1e-9), Math.max(0, (sizes[i] ?? 0) - 1)),
  );
  const wanted = Math.round(quotas.reduce((sum, quota) => sum + quota, 0));
  let missing = wanted - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = quotas
    .map((quota, i) => ({ i, remainder: quota - (counts[i] ?? 0) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i, remainder } of byRemainder) {
    if (missing <= 0) break;
    if (remainder <= 1e-9 || (counts[i] ?? 0) + 1 >= (sizes[i] ?? 0)) continue;
    counts[i] = (counts[i] ?? 0) + 1;
    missing--;
  }
  return counts;
}

/** Orders names at random, the same way for the same seed. */
export function rankKey(seed: number, className: string, name: string): string {
  return createHash('sha256').update(`${seed}\0${className}\0${name}`).digest('hex');
}
