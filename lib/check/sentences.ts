import type { Finding, FindingKind } from '../data/finding.ts';

/** What each kind is called, in the order in which they are told. */
export const TITLES: Readonly<Record<FindingKind, readonly [one: string, several: string]>> = {
  unreadable: ['image cannot be read and is left out', 'images cannot be read and are left out'],
  unreadableClass: ['class without a readable image', 'classes without a readable image'],
  oneImage: ['class with one image to train on', 'classes with one image to train on'],
  onlyInValidation: [
    'class only among the images to validate on',
    'classes only among the images to validate on',
  ],
  oneClassInValidation: ['class alone in validation', 'classes alone in validation'],
  fileInTwoClasses: ['file in several classes', 'files in several classes'],
  sameInTwoClasses: [
    'group of identical images in several classes',
    'groups of identical images in several classes',
  ],
  sameInValidation: [
    'group of identical images to train on and to validate or test on',
    'groups of identical images to train on and to validate or test on',
  ],
  sameInClass: ['group of identical images in a class', 'groups of identical images in a class'],
  nearlySame: ['group of nearly the same images', 'groups of nearly the same images'],
  nearlySameInValidation: [
    'group of nearly the same images to train on and to validate or test on',
    'groups of nearly the same images to train on and to validate or test on',
  ],
  suspiciousLabel: ['suspicious label', 'suspicious labels'],
  leftOut: ['kind of file that is left out', 'kinds of files that are left out'],
  changed: ['image changed while training went on', 'images changed while training went on'],
};

export const KINDS = Object.keys(TITLES) as FindingKind[];

/** Those that are there, a kind after the other in the order of `KINDS`. */
export function byKind(findings: readonly Finding[]): [FindingKind, Finding[]][] {
  return KINDS.map((kind): [FindingKind, Finding[]] => [
    kind,
    findings.filter((each) => each.kind === kind),
  ]).filter(([, found]) => found.length > 0);
}

export function heading(kind: FindingKind, count: number): string {
  const [one, several] = TITLES[kind];
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : several}`;
}

/** A sentence a kind, with the first of them. */
export function sentences(findings: readonly Finding[]): string[] {
  return byKind(findings).map(([kind, found]) => {
    const { names, reason } = found[0] as Finding;
    const more = found.length > 1 ? ', ...' : '';
    return `${heading(kind, found.length)}: ${names.slice(0, 2).join(' and ')} (${reason})${more}`;
  });
}
