import { type Finding, finding } from '../data/finding.ts';
import { type LabelledImages, SIDES, type Side } from '../data/labelled-images.ts';

/** How many images of a class each side has. */
export type ClassCount = { name: string } & Partial<Record<Side, number>>;

export function classCounts(data: Pick<LabelledImages, Side | 'classes'>): ClassCount[] {
  const counted = SIDES.flatMap((side) => {
    const set = data[side];
    return set ? [[side, set.classCounts()] as const] : [];
  });
  return data.classes.map((name, i) => ({
    name,
    ...Object.fromEntries(counted.map(([side, counts]) => [side, counts[i]])),
  }));
}

/** Classes of which a side has too little. */
export function countFindings(counts: readonly ClassCount[]): Finding[] {
  const found: Finding[] = [];
  const few = counts.filter(({ train }) => train === 1);
  for (const { name } of few) found.push(finding('oneImage', [name], 'there is one image to train on'));
  for (const { name, train = 0, validation = 0 } of counts) {
    if (train === 0 && validation > 0)
      found.push(
        finding('onlyInValidation', [name], `${validation} images validate, and there is none to train on`),
      );
  }
  const validated = counts.filter(({ validation = 0 }) => validation > 0);
  const [only] = validated;
  if (only && validated.length === 1 && counts.length > 1)
    found.push(
      finding('oneClassInValidation', [only.name], 'the images to validate on are of this class alone'),
    );
  return found;
}
