import type { Dataset } from '../data/dataset.ts';
import { type LabelledImages, SIDES, type Side } from '../data/labelled-images.ts';

/** One image of a data set in files, as the checks take it. */
export interface CheckedImage {
  path: string;
  side: Side;
  /** Its classes, as text: the same text is the same label. */
  label: string;
}

/** The images of all sides, in the sides' order. */
export function checkedImages(data: Pick<LabelledImages, Side>): CheckedImage[] {
  return SIDES.flatMap((side) => {
    const set = data[side];
    return set ? imagesOf(set, side) : [];
  });
}

function imagesOf(set: Dataset, side: Side): CheckedImage[] {
  const { source, classes } = set;
  if (source.kind !== 'files') return [];
  const several = set.kind === 'classes' ? undefined : set.targets;
  return source.paths.map((path, i) => ({
    path,
    side,
    label: several
      ? classes.filter((_, c) => (several[i * classes.length + c] ?? 0) > 0).join('|')
      : (classes[set.labels[i] as number] as string),
  }));
}

/** Those that stand on the side to train on, and on another. */
export function onBothSides(images: readonly CheckedImage[]): boolean {
  return images.some(({ side }) => side === 'train') && images.some(({ side }) => side !== 'train');
}

/** `skirt in train and test`: where the images of a group stand. */
export function standing(images: readonly CheckedImage[]): string {
  const labels = [...new Set(images.map(({ label }) => label))];
  const sides = [...new Set(images.map(({ side }) => side))];
  return `${labels.join(' and ')} in ${sides.join(' and ')}`;
}
