import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, ThawError } from '../errors.ts';
import { packageRoot } from '../files/package-root.ts';
import { reasonOf } from '../reason.ts';
import { JOBS, type JobName, memoryOf } from './jobs.ts';

export interface Question {
  job: JobName;
  values: readonly unknown[];
}

/** First `ready`, then one of the others. */
export type Answer =
  | { ready: true }
  | { value: unknown }
  | { failure: { code: ErrorCode; message: string; reason: string } }
  | { error: unknown };

/**
 * Does a job in a thread of its own, so that the event loop turns meanwhile. The memory of a model's tensors moves there:
 * it is the caller's no longer. Where no thread can be started, the job is done here, which a warning says.
 * @throws ThawError what the job throws; ERR_OUT_OF_MEMORY, ERR_INTERNAL where the thread ends before it is done
 */
export async function offLoop<Name extends JobName>(
  job: Name,
  ...values: Parameters<(typeof JOBS)[Name]>
): Promise<Awaited<ReturnType<(typeof JOBS)[Name]>>> {
  const here = JOBS[job] as (...values: unknown[]) => Promise<Awaited<ReturnType<(typeof JOBS)[Name]>>>;
  const worker = await started();
  if (!worker) return here(...values);
  try {
    return (await asked(worker, { job, values })) as Awaited<ReturnType<(typeof JOBS)[Name]>>;
  } finally {
    void worker.terminate();
  }
}

/** A thread that waits for a job; undefined where there can be none. */
async function started(): Promise<Worker | undefined> {
  let worker: Worker | undefined;
  try {
    const starting = new Worker(entry(), {
      // Flags of the program's own, as `--input-type`, are not for the thread's file.
      execArgv: [],
    });
    worker = starting;
    await new Promise<void>((resolve, reject) => {
      starting.once('message', () => resolve());
      starting.once('error', reject);
      starting.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    });
    starting.removeAllListeners();
    return starting;
  } catch (error) {
    void worker?.terminate();
    process.emitWarning(
      `No thread could be started for the file (${reasonOf(error)}): it is done on the event loop, which stands still meanwhile.`,
      { code: 'THAW_ON_EVENT_LOOP' },
    );
    return undefined;
  }
}

function asked(worker: Worker, question: Question): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', (answer: Answer) => {
      if ('value' in answer) resolve(answer.value);
      else if ('failure' in answer) {
        const { code, message, reason } = answer.failure;
        reject(new ThawError(code, message, { cause: reason }));
      } else reject('error' in answer ? answer.error : new Error('The thread is not ready.'));
    });
    worker.once('error', (error: NodeJS.ErrnoException) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(
        new ThawError(
          memory ? 'ERR_OUT_OF_MEMORY' : 'ERR_INTERNAL',
          `The thread that worked on the file has failed: ${reasonOf(error)}.`,
          { cause: error },
        ),
      );
    });
    worker.once('exit', (code) =>
      reject(new ThawError('ERR_INTERNAL', `The thread that worked on the file ended with ${code}.`)),
    );
    worker.postMessage(question, memoryOf(question.values));
  });
}

/** Beside this file; beside the built one where this is its source, which no thread of Node reads. */
function entry(): string {
  const here = fileURLToPath(import.meta.url);
  const folder = here.endsWith('.js')
    ? path.dirname(here)
    : path.join(packageRoot(), 'dist', 'lib', 'formats');
  return path.join(folder, 'off-loop-worker.js');
}
