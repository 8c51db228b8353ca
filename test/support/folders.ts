import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** An empty folder of this test's own. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'thaw-test-'));
}

/** Makes files with this content (a byte unless given), and the folders above them. */
export function makeFiles(
  root: string,
  names: readonly string[],
  content: string | Uint8Array = 'x',
): string {
  for (const name of names) {
    const path = join(root, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, content);
  }
  return root;
}

/** `count` names of files in a folder: `cat/000.jpg`, ... */
export function numbered(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${folder}/${String(i).padStart(3, '0')}.jpg`);
}
