/**
 * What can be wrong with images, and what is done about it: the one policy. docs/data.md says the same in words; what
 * training cannot do without is refused with an error instead.
 */
export const FINDINGS = {
  /** Files that are no part of the data: no images, of the system, reached through a link that is not followed. */
  leftOut: 'leftOut',
  /** An image that cannot be read. */
  unreadable: 'leftOut',
  /** A class of which no image can be read. */
  unreadableClass: 'kept',
  /** A class with a single image to train on. */
  oneImage: 'kept',
  /** A class to validate on of which there is no image to train on. */
  onlyInValidation: 'kept',
  /** The images to validate on are of one class only. */
  oneClassInValidation: 'kept',
  /** One file in several classes, through links or rows of a listing. */
  fileInTwoClasses: 'kept',
  /** Files with the same bytes in several classes. */
  sameInTwoClasses: 'kept',
  /** A file, or files with the same bytes, to train on and to validate on. */
  sameInValidation: 'kept',
  /** Files with the same bytes in one class, on one side. */
  sameInClass: 'kept',
  /** Images that look nearly the same. */
  nearlySame: 'kept',
  /** The same, on both sides. */
  nearlySameInValidation: 'kept',
  /** An image whose like are of another class. */
  suspiciousLabel: 'kept',
  /** A file that was written to, or went, while the run went on. */
  changed: 'kept',
} as const satisfies Record<string, 'leftOut' | 'kept'>;

export type FindingKind = keyof typeof FINDINGS;

/** What was found, as `quarantine.json` and `thaw check-data --json` have it. */
export interface Finding {
  kind: FindingKind;
  /** Whether the images take part in training. */
  decided: 'leftOut' | 'kept';
  /** Of the images; of the classes, where it is about those. */
  names: readonly string[];
  /** A clause or a sentence. */
  reason: string;
  /** Of the error, where an image cannot be read. */
  code?: string;
  /** How sure: the cosine of features that are nearly the same; by how much another class exceeds a label. */
  score?: number;
  /** Of a suspicious label: what it is, and what it may rather be. */
  label?: string;
  likely?: string;
}

export function finding(kind: FindingKind, names: readonly string[], reason: string, code?: string): Finding {
  return { kind, decided: FINDINGS[kind], names, reason, ...(code !== undefined && { code }) };
}
