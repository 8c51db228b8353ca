import { type Finding, finding } from '../data/finding.ts';
import { realFiles } from '../data/real-files.ts';
import { type CheckedImage, onBothSides, standing } from './images.ts';

/** The digest of each file: of its size and its two ends, or of the whole; '' for what cannot be read. */
export type Digests = (paths: readonly string[], whole: boolean) => Promise<readonly string[]>;

/** Images that are the same byte for byte, though not one file: those are found while the data is read. */
export async function sameImages(images: readonly CheckedImage[], digests: Digests): Promise<Finding[]> {
  const alike = repeated(images, await digests(pathsOf(images), false)).flat();
  // Few are left, and of those every byte is read.
  const same = repeated(alike, alike.length > 0 ? await digests(pathsOf(alike), true) : []);
  const found: Finding[] = [];
  for (const group of same) {
    if (new Set(await realFiles(pathsOf(group))).size === 1) continue;
    const names = pathsOf(group);
    const reason = `the same bytes, ${standing(group)}`;
    const twoClasses = new Set(group.map(({ label }) => label)).size > 1;
    const leaks = onBothSides(group);
    if (twoClasses) found.push(finding('sameInTwoClasses', names, reason));
    if (leaks) found.push(finding('sameInValidation', names, reason));
    if (!twoClasses && !leaks) found.push(finding('sameInClass', names, reason));
  }
  return found;
}

function repeated(images: readonly CheckedImage[], digests: readonly string[]): CheckedImage[][] {
  const byDigest = new Map<string, CheckedImage[]>();
  for (const [i, image] of images.entries()) {
    const digest = digests[i];
    if (!digest) continue;
    const group = byDigest.get(digest);
    if (group) group.push(image);
    else byDigest.set(digest, [image]);
  }
  return [...byDigest.values()].filter((group) => group.length > 1);
}

function pathsOf(images: readonly CheckedImage[]): string[] {
  return images.map(({ path }) => path);
}
