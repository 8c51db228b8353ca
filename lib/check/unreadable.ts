import { type Finding, finding } from '../data/finding.ts';
import type { NativeSkipped } from '../native-run.ts';
import type { CheckedImage } from './images.ts';

/** Images that cannot be read, and classes of which none can, a side at a time. */
export function unreadableFindings(
  images: readonly CheckedImage[],
  skipped: readonly NativeSkipped[],
): Finding[] {
  const unread = new Set(skipped.map(({ name }) => name));
  const each = skipped.map(({ name, code, reason }) => finding('unreadable', [name], reason, code));
  const readable = new Map<string, { image: CheckedImage; some: boolean }>();
  for (const image of images) {
    const key = `${image.side}\0${image.label}`;
    const known = readable.get(key) ?? { image, some: false };
    readable.set(key, { image, some: known.some || !unread.has(image.path) });
  }
  const classes = [...readable.values()]
    .filter(({ some }) => !some)
    .map(({ image: { label, side } }) =>
      finding('unreadableClass', [label], `no image of it can be read in ${side}`),
    );
  return [...classes, ...each];
}
