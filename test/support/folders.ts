import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder of this test's own; removed when the test file has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'thaw-test-'));
  made.push(folder);
  return folder;
}

/** Writes files by relative path, with their folders. */
export function writeTree(root: string, files: Readonly<Record<string, string>>): string {
  for (const [name, content] of Object.entries(files)) makeFiles(root, [name], content);
  return root;
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
