import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { ERRORS, isErrorCode } from '../lib/errors.ts';
import { packageRoot } from '../lib/files/package-root.ts';

/** The codes that stand in quotes in the sources of some folders. */
function codesIn(folders: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const folder of folders) {
    for (const file of readdirSync(path.join(packageRoot(), folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|cc|h)$/.test(file) || file.includes('node_modules')) continue;
      if (path.join(folder, file) === 'lib/errors.ts') continue;
      const text = readFileSync(path.join(packageRoot(), folder, file), 'utf8');
      for (const [, code = ''] of text.matchAll(/['"](ERR(?:_[A-Z0-9]+)+)['"]/g)) found.add(code);
    }
  }
  // Node's own.
  for (const code of ['ERR_PARSE_ARGS_UNKNOWN_OPTION', 'ERR_WORKER_OUT_OF_MEMORY']) found.delete(code);
  return found;
}

test('every code that is thrown stands in the list once, and every one of the list is thrown', () => {
  const listed = ERRORS.flatMap(({ codes }): readonly string[] => codes);
  expect([...codesIn(['lib', 'binding', 'scripts', 'bench'])].sort()).toEqual([...listed].sort());
  expect(isErrorCode('ERR_IO')).toBe(true);
  expect(isErrorCode('ENOENT')).toBe(false);
});
