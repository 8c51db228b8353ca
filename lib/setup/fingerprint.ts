import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * One hash of the content of files and folders (with everything in them) below `root`, and of further
 * facts. By content, since a checkout and a clone give new times to old files. What is missing counts as
 * such, and appearing changes the hash.
 */
export function fingerprint(root: string, names: readonly string[], facts: unknown): string {
  const hash = createHash('sha256');
  for (const name of names) {
    for (const file of filesIn(path.join(root, name))) {
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(read(file))
        .update('\0');
    }
  }
  return hash.update(JSON.stringify(facts)).digest('hex');
}

/** A program by its path, size and time: enough to notice that it was exchanged. */
export function programFact(file: string | undefined): string {
  if (file === undefined) return 'none';
  const real = realpathSync(file);
  const { size, mtimeMs } = statSync(real);
  return `${real} ${size} ${mtimeMs}`;
}

function filesIn(place: string): string[] {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return [place];
  const names = readdirSync(place).sort();
  return names.flatMap((name) => filesIn(path.join(place, name)));
}

function read(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    return 'missing';
  }
}
