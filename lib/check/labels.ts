import { type Finding, finding } from '../data/finding.ts';
import type { NativeExamined } from '../native-run.ts';
import type { CheckedImage } from './images.ts';

/**
 * Images whose label another class beats, the surest first: by how much the likeliest class exceeds the label in what a
 * linear probe on the features says that was fitted without the image (1: all that there is, 0: as likely).
 * @param images of one class each, in the order that was examined
 */
export function suspiciousLabels(
  images: readonly CheckedImage[],
  classes: readonly string[],
  { samples, outside }: NativeExamined,
  threshold: number,
): Finding[] {
  const place = new Map(classes.map((name, i) => [name, i]));
  return samples
    .flatMap((sample, row) => {
      const { path, label } = images[sample] as CheckedImage;
      const own = place.get(label) as number;
      const said = outside.slice(row * classes.length, (row + 1) * classes.length);
      const likeliest = said.reduce((best, value, i) => (value > (said[best] as number) ? i : best), 0);
      const score = (said[likeliest] as number) - (said[own] as number);
      if (likeliest === own || score < threshold) return [];
      const likely = classes[likeliest] as string;
      const reason = `labelled ${label}, looks like ${likely} (${score.toFixed(2)})`;
      return [{ ...finding('suspiciousLabel', [path], reason), score, label, likely }];
    })
    .sort((a, b) => b.score - a.score);
}
