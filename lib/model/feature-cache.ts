import { freemem } from 'node:os';
import type { NativeFitOptions } from '../native.ts';
import type { NativeCacheFacts } from '../native-run.ts';
import type { CACHE_MODES, cache } from '../options/fit.ts';
import type { Checked, Given } from '../options/table.ts';
import { invalid } from '../validate.ts';

export type CacheMode = (typeof CACHE_MODES)[number];

/** What is kept of one data set. */
export type CacheFacts = NativeCacheFacts;

export type CacheOptions = Given<typeof cache>;

/** @throws ThawError ERR_INVALID_ARGUMENT */
export function settledCache({ mode, memory, directory }: Checked<typeof cache>): NativeFitOptions['cache'] {
  if (mode === 'disk' && directory === undefined) {
    throw invalid('cache.directory', 'a folder for the file', directory);
  }
  return { mode, memory: memory ?? Math.floor(available() / 2), ...(directory && { directory }) };
}

/** Bytes that this process may still take: a container's limit counts where Node knows it. */
function available(): number {
  return process.availableMemory?.() ?? freemem();
}
