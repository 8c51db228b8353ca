import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package's package.json: above lib/ when run from source, above dist/ when built. */
export function packageRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'thaw') return folder;
    const parent = path.dirname(folder);
    if (parent === folder)
      throw new Error(`No package.json of thaw above ${fileURLToPath(import.meta.url)}.`);
    folder = parent;
  }
}
