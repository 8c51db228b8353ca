import { freemem } from 'node:os';
import type { NativeCacheFacts } from '../native.ts';
import { invalid, knownOptions, nonNegativeInteger, oneOf } from '../validate.ts';

/**
 * Whether the outputs of the frozen layers are kept from epoch to epoch. 'auto' keeps them in memory up to a limit
 * (a GPU's, then the host's), else in a file where a folder for it is given; 'disk' always in a file, so that a
 * later run with the same images, weights, preprocessing and frozen layers finds them; 'off' computes them anew.
 */
const CACHE_MODES = ['auto', 'disk', 'off'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];

/** What is kept of one data set. */
export type CacheFacts = NativeCacheFacts;

export interface CacheOptions {
  /** Default 'auto'. */
  mode?: CacheMode;
  /** Bytes of the host's memory that may be taken. Default: half of what is available. */
  memory?: number;
  /** The folder of the files. Without one nothing is kept on the disk. */
  directory?: string;
}

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function cacheOptions(option: CacheMode | CacheOptions = 'auto') {
  const given: CacheOptions = typeof option === 'string' ? { mode: option } : option;
  knownOptions('cache', given, ['mode', 'memory', 'directory']);
  const mode = oneOf('cache', given.mode ?? 'auto', CACHE_MODES);
  const { directory = '' } = given;
  if (typeof directory !== 'string') throw invalid('cache.directory', 'the path of a folder', directory);
  if (mode === 'disk' && directory === '')
    throw invalid('cache.directory', 'a folder for the file', directory);
  const memory = nonNegativeInteger('cache.memory', given.memory ?? Math.floor(available() / 2));
  return { mode, memory, directory };
}

/** Bytes that this process may still take: a container's limit counts where Node knows it. */
function available(): number {
  return process.availableMemory?.() ?? freemem();
}
