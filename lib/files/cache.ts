import os from 'node:os';
import path from 'node:path';
import type { Environment } from '../system/environment.ts';

/** Where libtorch and weights are kept: THAW_CACHE, else `thaw` in XDG_CACHE_HOME, else ~/.cache/thaw. */
export function cacheFolder(env: Environment = process.env): string {
  if (env.THAW_CACHE) return path.resolve(env.THAW_CACHE);
  return path.join(env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), '.cache'), 'thaw');
}
