import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ThawError } from '../errors.ts';
import { reasonOf } from '../reason.ts';

/** The SHA-256 of a file's content, in hex. @throws ThawError ERR_IO; the signal's reason on abort */
export async function sha256(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw new ThawError('ERR_IO', `${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  return hash.digest('hex');
}
