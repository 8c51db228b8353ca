import { ThawError } from '../errors.ts';
import { type NativeStopFlag, native, settle } from '../native.ts';

/**
 * Runs a native call that ends at its next step when `signal` fires.
 * @throws ThawError ERR_ABORTED
 */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  start: (stop: NativeStopFlag) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw new ThawError('ERR_ABORTED', 'The run was aborted before it began.');
  const stop = new (native().StopFlag)();
  const set = () => stop.set();
  signal?.addEventListener('abort', set, { once: true });
  try {
    return await settle(start(stop));
  } finally {
    signal?.removeEventListener('abort', set);
  }
}
