import { ThawError } from '../errors.ts';
import { compareCodePoints } from './order.ts';
import { rankKey, type Sides } from './split.ts';

export interface GroupedSplitInput {
  /** The group of each image. */
  groups: readonly string[];
  /** The classes of an image, each with its share: what is divided evenly beside the number of images. */
  entries: (image: number) => readonly (readonly [column: number, value: number])[];
  /** Share of the images that goes to validation. */
  fraction: number;
  seed: number;
}

interface Group {
  images: number[];
  /** What it holds of each class, and under `everything` how many images. */
  content: Map<number, number>;
  key: string;
  held: boolean;
}

/** A column that every image is in. */
const everything = -1;
const mostPasses = 20;

/**
 * Divides images into training and validation so that no group is on both sides, and every class is divided as nearly
 * by the same share as its groups allow; a class keeps something for training.
 *
 * Groups come in an order drawn by the seed; each goes to the side where the sum over classes of (held - wanted)² / size
 * becomes smaller, and may change sides again until no change makes it smaller.
 *
 * @throws ThawError ERR_INVALID_ARGUMENT where every group holds all that there is of a class
 */
export function groupedSplit({ groups, entries, fraction, seed }: GroupedSplitInput): Sides {
  const all = gather(groups, entries, seed);
  const totals = new Map<number, number>();
  for (const { content } of all) add(totals, content, 1);
  const held = new Map<number, number>();
  const mayMove = ({ content, held: isHeld }: Group) =>
    isHeld || [...content].every(([column, value]) => left(totals, held, column) - value > 1e-6);
  const change = ({ content, held: isHeld }: Group) => {
    const sign = isHeld ? -1 : 1;
    let sum = 0;
    for (const [column, value] of content) {
      const total = totals.get(column) ?? 0;
      const off = (held.get(column) ?? 0) - fraction * total;
      sum += (sign * value * (2 * off + sign * value)) / total;
    }
    return sum;
  };
  const move = (group: Group) => {
    add(held, group.content, group.held ? -1 : 1);
    group.held = !group.held;
  };

  for (let pass = 0, moved = true; moved && pass < mostPasses; pass++) {
    moved = false;
    for (const group of all) {
      if (change(group) < -1e-9 && mayMove(group)) {
        move(group);
        moved = true;
      }
    }
  }
  if (!all.some((group) => group.held) && Math.round(fraction * groups.length) > 0) {
    // Every group is larger than what is wanted: the one that misses it least.
    const possible = all.filter(mayMove).sort((a, b) => change(a) - change(b));
    if (!possible[0]) {
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        `None of the ${all.length} groups can be set aside for validation: each holds all images of a class.`,
      );
    }
    move(possible[0]);
  }
  const side = (isHeld: boolean) =>
    all
      .filter((group) => group.held === isHeld)
      .flatMap(({ images }) => images)
      .sort((a, b) => a - b);
  return { train: side(false), validation: side(true) };
}

function gather(groups: readonly string[], entries: GroupedSplitInput['entries'], seed: number): Group[] {
  const byName = new Map<string, Group>();
  for (const [image, name] of groups.entries()) {
    let group = byName.get(name);
    if (!group) {
      group = { images: [], content: new Map(), key: rankKey(seed, '', name), held: false };
      byName.set(name, group);
    }
    group.images.push(image);
    add(group.content, [[everything, 1], ...entries(image)], 1);
  }
  return [...byName.values()].sort((a, b) => compareCodePoints(a.key, b.key));
}

function add(sums: Map<number, number>, values: Iterable<readonly [number, number]>, sign: number): void {
  for (const [column, value] of values) sums.set(column, (sums.get(column) ?? 0) + sign * value);
}

function left(totals: Map<number, number>, held: Map<number, number>, column: number): number {
  return (totals.get(column) ?? 0) - (held.get(column) ?? 0);
}
