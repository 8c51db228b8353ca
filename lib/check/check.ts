import type { Dataset } from '../data/dataset.ts';
import { type Finding, finding } from '../data/finding.ts';
import type { LabelledImages } from '../data/labelled-images.ts';
import type { NativeExamined, NativeHistory } from '../native-run.ts';
import { type ClassCount, classCounts, countFindings } from './class-counts.ts';
import { type CheckedImage, checkedImages } from './images.ts';
import { suspiciousLabels } from './labels.ts';
import { nearlySame } from './near.ts';
import { type Digests, sameImages } from './same-image.ts';
import { unreadableFindings } from './unreadable.ts';

/** How many of the nearest images are looked at for an image. */
export const NEIGHBOURS = 10;

export interface CheckParts {
  data: LabelledImages;
  digests: Digests;
  /** Reads every image, and compares their features where there is a network. */
  examine(images: Dataset): Promise<NativeExamined>;
  /** Cosine from which images are nearly the same. */
  near: number;
  /** By how much another class has to exceed a label. */
  doubt: number;
}

/** All that can be told of images before training. */
export interface Checked {
  classes: readonly string[];
  counts: ClassCount[];
  /** Sentences of what the reading of the folder or listing has told. */
  notes: readonly string[];
  findings: Finding[];
}

/** And the network whose features were compared; null for none. */
export type CheckResult = Checked & { features: string | null };

export async function check({ data, digests, examine, near, doubt }: CheckParts): Promise<Checked> {
  const images = checkedImages(data);
  const counts = classCounts(data);
  const same = await sameImages(images, digests);
  const examined = await examine(together(data));
  const found = [
    ...countFindings(counts),
    ...unreadableFindings(images, examined.skipped),
    ...same,
    ...nearlySame(images, examined, near, same),
    ...labelled(data, images, examined, doubt),
  ];
  return { classes: data.classes, counts, notes: data.notes, findings: [...data.findings, ...found] };
}

/** Before training: what needs neither decoding nor a network. */
export async function quickCheck(data: LabelledImages, digests: Digests): Promise<Finding[]> {
  return [...countFindings(classCounts(data)), ...(await sameImages(checkedImages(data), digests))];
}

/** After training: what it has met with. */
export function metFindings(
  data: LabelledImages,
  { skipped, changed }: Pick<NativeHistory, 'skipped' | 'changed'>,
): Finding[] {
  return [
    ...unreadableFindings(checkedImages(data), skipped),
    ...changed.map(({ name, reason }) => finding('changed', [name], reason)),
  ];
}

function labelled(
  { classes, train }: LabelledImages,
  images: readonly CheckedImage[],
  examined: NativeExamined,
  doubt: number,
): Finding[] {
  // Where an image may have many labels none of them excludes another.
  if (train.kind !== 'classes' || examined.outside.length === 0) return [];
  return suspiciousLabels(images, classes, examined, doubt);
}

/** The images of all sides in the order of `checkedImages`. */
function together({ train, validation, test }: LabelledImages): Dataset {
  return [validation, test].reduce<Dataset>((all, set) => (set ? all.concat(set) : all), train);
}
