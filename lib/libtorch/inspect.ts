import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A libtorch as found on disk: a folder with include/ and lib/. */
export interface Libtorch {
  readonly path: string;
  /** As the files say it, with the build's label where they have it: `2.13.0+cpu`. */
  readonly version: string;
  /** Whether the CUDA side is there; such a build computes on the CPU just as well. */
  readonly cuda: boolean;
}

/** Reads what a folder holds; undefined when it is no libtorch with headers. Starts nothing, loads nothing. */
export function inspectLibtorch(folder: string): Libtorch | undefined {
  const has = (...names: string[]) => existsSync(path.join(folder, ...names));
  if (!has('include', 'ATen', 'ATen.h') || !has('lib', 'libtorch_cpu.so')) return undefined;
  const version = readVersion(folder);
  if (version === undefined) return undefined;
  return { path: folder, version, cuda: has('lib', 'libtorch_cuda.so') };
}

/** Each kind of package tells its version in another file. */
const VERSION_FILES: readonly (readonly [file: string, pattern: RegExp])[] = [
  ['version.py', /^__version__ = '([^']+)'/m],
  ['build-version', /^(\d\S*)/],
  ['include/torch/headeronly/version.h', /^#define TORCH_VERSION "([^"]+)"/m],
  ['include/torch/csrc/api/include/torch/version.h', /^#define TORCH_VERSION "([^"]+)"/m],
];

function readVersion(folder: string): string | undefined {
  for (const [file, pattern] of VERSION_FILES) {
    const match = pattern.exec(readIfThere(path.join(folder, file)));
    if (match?.[1]) return match[1];
  }
  return undefined;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
