import { createHash } from 'node:crypto';
import type { NativeFact } from '../native.ts';
import type { FitData } from './fit-data.ts';

/** What a checkpoint says of its data beside what the engine sees of it: the images themselves and their labels. */
export function dataFacts({ training, validation }: FitData): NativeFact[] {
  return [
    { name: 'class names', text: JSON.stringify(training.classes), fixed: true },
    // The same images under other names are the same run, but that is for its owner to say.
    { name: 'data.names of the images', text: digest(training.names) },
    ...(validation ? [{ name: 'data.names of the validation images', text: digest(validation.names) }] : []),
  ];
}

/** As the engine marks a text that means nothing to people. */
function digest(names: readonly string[]): string {
  const hash = createHash('sha1');
  for (const name of names) hash.update(`${name}\0`);
  return `#${hash.digest('hex')}`;
}
