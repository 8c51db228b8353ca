import { type Finding, finding } from '../data/finding.ts';
import type { NativeExamined } from '../native-run.ts';
import { type CheckedImage, onBothSides, standing } from './images.ts';

/**
 * Groups of images whose features are nearly the same: a cosine of at least `threshold` from one to the next.
 * @param images in the order that was examined
 * @param known groups that are the same byte for byte, by their paths
 */
export function nearlySame(
  images: readonly CheckedImage[],
  { samples, neighbours, nearest, cosines }: NativeExamined,
  threshold: number,
  known: readonly Finding[],
): Finding[] {
  const parents = samples.map((_, row) => row);
  const root = (row: number): number => {
    let at = row;
    while (parents[at] !== at) at = parents[at] as number;
    parents[row] = at;
    return at;
  };
  const pairs: { row: number; other: number; cosine: number }[] = [];
  for (let row = 0; row < samples.length; row++) {
    for (let i = row * neighbours; i < (row + 1) * neighbours; i++) {
      const cosine = cosines[i] as number;
      if (cosine < threshold) break; // nearest first
      pairs.push({ row, other: nearest[i] as number, cosine });
    }
  }
  for (const { row, other } of pairs) parents[root(row)] = root(other);
  const groups = new Map<number, { images: Set<CheckedImage>; least: number }>();
  for (const { row, other, cosine } of pairs) {
    const group = groups.get(root(row)) ?? { images: new Set(), least: 1 };
    groups.set(root(row), group);
    for (const each of [row, other]) group.images.add(images[samples[each] as number] as CheckedImage);
    group.least = Math.min(group.least, cosine);
  }
  const same = known.map(({ names }) => new Set(names));
  return [...groups.values()]
    .map(({ images: group, least }) => ({ group: [...group], least }))
    .filter(({ group }) => !same.some((names) => group.every(({ path }) => names.has(path))))
    .map(({ group, least }) => {
      const kind = onBothSides(group) ? 'nearlySameInValidation' : 'nearlySame';
      const names = group.map(({ path }) => path).sort();
      const reason = `cosine ${least.toFixed(3)}, ${standing(group)}`;
      return { ...finding(kind, names, reason), score: least };
    })
    .sort((a, b) => b.score - a.score);
}
