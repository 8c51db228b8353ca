import { type SpawnOptions, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { reasonOf } from '../reason.ts';
import type { Environment } from './environment.ts';

/** What a command left behind; `status` is null when the command does not exist or was killed. */
export interface Finished {
  readonly status: number | null;
  readonly missing: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** Every line of both streams, as it comes. */
  readonly onLine?: (line: string) => void;
  /** A file that receives both streams (appended). */
  readonly log?: string;
}

/** Runs a command to its end without a shell and without stdin. Never rejects, except on abort. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const spawnOptions: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'] };
  if (options.env) spawnOptions.env = options.env as NodeJS.ProcessEnv;
  if (options.cwd !== undefined) spawnOptions.cwd = options.cwd;
  if (options.signal) spawnOptions.signal = options.signal;
  const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: 'a' });
  // A log that cannot be written (a full disk) must not bring the command down; the command says it too.
  log?.on('error', () => undefined);
  log?.write(`$ ${command} ${args.join(' ')}\n`);

  return new Promise((resolve, reject) => {
    const child = spawn(command, args, spawnOptions);
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = child[name];
      if (!stream) continue;
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        text[name] += chunk;
        log?.write(chunk);
      });
      if (options.onLine) createInterface({ input: stream }).on('line', options.onLine);
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      log?.end();
      if (error.name === 'AbortError') reject(options.signal?.reason ?? error);
      else resolve({ status: null, missing: error.code === 'ENOENT', stdout: '', stderr: reasonOf(error) });
    });
    child.on('close', (status) => {
      const finished = { status, missing: false, ...text };
      if (log) log.end(() => resolve(finished));
      else resolve(finished);
    });
  });
}
