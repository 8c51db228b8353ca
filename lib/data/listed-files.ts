import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

/**
 * Finds the files that a listing means: as written; with a slash for each backslash, as Windows writes paths; or under
 * a name that is composed another way (macOS writes é as e and an accent, NFD; others as one letter, NFC).
 */
export class ListedFiles {
  readonly #root: string;
  /** Per folder its names, by their composed form; undefined where it is no folder that can be listed. */
  readonly #folders = new Map<string, Promise<ReadonlyMap<string, string[]> | undefined>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The path as written, where nothing is found. */
  async find(written: string): Promise<{ path: string; found: boolean }> {
    const plain = this.#absolute(written);
    const ways = written.includes('\\') ? [plain, this.#absolute(written.replaceAll('\\', '/'))] : [plain];
    for (const path of ways) {
      const found = await this.#existing(path);
      if (found !== undefined) return { path: found, found: true };
    }
    return { path: ways.at(-1) ?? plain, found: false };
  }

  /** A file that is called as is written here, and has an ending. */
  async longer(written: string): Promise<string | undefined> {
    const path = this.#absolute(written.replaceAll('\\', '/'));
    const names = await this.#names(dirname(path));
    return [...(names?.keys() ?? [])].find((name) => name.startsWith(`${basename(path)}.`));
  }

  #absolute(path: string): string {
    return isAbsolute(path) ? join(path) : join(this.#root, path);
  }

  async #existing(path: string): Promise<string | undefined> {
    const folder = dirname(path);
    if (folder === path) return path;
    const name = basename(path);
    const here = await this.#names(folder);
    // Where a folder may not be listed, a file in it may still be opened.
    if (!here) return (await exists(path)) ? path : this.#elsewhere(folder, name);
    const names = here.get(name.normalize('NFC'));
    return names && join(folder, names.includes(name) ? name : (names[0] as string));
  }

  /** The folder's own name may be composed another way. */
  async #elsewhere(folder: string, name: string): Promise<string | undefined> {
    const real = await this.#existing(folder);
    return real === undefined || real === folder ? undefined : this.#existing(join(real, name));
  }

  #names(folder: string): Promise<ReadonlyMap<string, string[]> | undefined> {
    let names = this.#folders.get(folder);
    if (!names) {
      names = namesIn(folder);
      this.#folders.set(folder, names);
    }
    return names;
  }
}

async function namesIn(folder: string): Promise<ReadonlyMap<string, string[]> | undefined> {
  const names = new Map<string, string[]>();
  try {
    for (const name of await readdir(folder)) {
      const composed = name.normalize('NFC');
      names.set(composed, [...(names.get(composed) ?? []), name]);
    }
    return names;
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
