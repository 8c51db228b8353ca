import { listed } from '../validate.ts';
import type { Dataset } from './dataset.ts';
import type { Finding } from './finding.ts';
import type { Notes } from './left-out.ts';

/** Classes that are known from elsewhere, and of which there is no image here. */
export function noteMissing(place: string, dataset: Dataset, notes: Notes): void {
  const counts = dataset.classCounts();
  const missing = dataset.classes.filter((_, i) => counts[i] === 0);
  if (missing.length === 0) return;
  notes.say(
    `${place} holds no images of ${listed(missing)} (${missing.length} of ${counts.length} classes).`,
  );
}

/** `Cat` and `cat` are two classes, as they are to Python, but hardly meant to be. */
export function noteSameInOtherCase(classes: readonly string[], notes: Notes): void {
  const seen = new Map<string, string>();
  for (const name of classes) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, name);
    else notes.say(`The classes '${other}' and '${name}' differ in the case of letters alone.`);
  }
}

/** Labels such as `a b` and `a,b` beside `a` and `b` are likely several, written another way than is read here. */
export function noteSeveralInOne(classes: readonly string[], notes: Notes): void {
  const known = new Set(classes);
  const found = classes.find((name) => {
    const parts = name.split(/[\s,;/+&]+/);
    return parts.length > 1 && parts.every((part) => known.has(part));
  });
  if (found === undefined) return;
  notes.say(
    `'${found}' is taken for a class of its own; write ${found.split(/[\s,;/+&]+/).join('|')} where several are meant.`,
  );
}

export function noteTwoClasses(found: readonly Finding[], notes: Notes): void {
  const [first] = found;
  if (!first) return;
  const [one, other] = first.names;
  notes.doubt(
    found,
    found.length === 1
      ? `1 file is in several classes: ${one} is also ${other}.`
      : `${found.length.toLocaleString('en-US')} files are in several classes: ${one} is also ${other}, ...`,
  );
}
