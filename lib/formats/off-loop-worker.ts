/** One of the jobs, in a thread of its own: `off-loop.ts` starts it. */
import { parentPort } from 'node:worker_threads';
import { isErrorCode } from '../errors.ts';
import { JOBS, memoryOf } from './jobs.ts';
import type { Answer, Question } from './off-loop.ts';

function answer(message: Answer, memory: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, memory);
}

parentPort?.once('message', async ({ job, values }: Question) => {
  try {
    const run = JOBS[job] as (...values: unknown[]) => Promise<unknown>;
    const value = await run(...values);
    answer({ value }, memoryOf([value]));
  } catch (error) {
    // A thread gets a copy of an error, without its class and its code.
    const { code, message, cause } = error as { code?: unknown; message: string; cause?: unknown };
    answer(isErrorCode(code) ? { failure: { code, message, reason: String(cause ?? '') } } : { error });
  }
});
answer({ ready: true });
