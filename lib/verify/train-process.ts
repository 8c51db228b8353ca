import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Environment } from '../system/environment.ts';

/** How `thaw train` is started: the program with its first arguments, and where. */
export interface Program {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
}

export interface EndedRun {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** From the process's start. */
  seconds: number;
  /** Seconds up to its first step; undefined where it ended before. */
  began: number | undefined;
  /** Whole epochs that the checkpoint held with which it began; undefined before its first step. */
  startEpoch: number | undefined;
  /** Whole epochs, those included. */
  epoch: number;
  stderr: string;
}

/**
 * `thaw train` in a process of its own, killed (SIGKILL) after so many seconds where they are given, unless it has ended.
 * @throws the signal's reason on abort; the process is killed then
 */
export async function trainProcess(
  { command, cwd, env }: Program,
  args: readonly string[],
  killAfter?: number,
  signal?: AbortSignal,
): Promise<EndedRun> {
  const [program = '', ...first] = command;
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1e3;
  const child = spawn(program, [...first, 'train', ...args, '--json', '--quiet'], {
    cwd,
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => void child.kill('SIGKILL');
  const timer = killAfter === undefined ? undefined : setTimeout(kill, killAfter * 1e3);
  signal?.addEventListener('abort', kill);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  let epoch = 0;
  let startEpoch: number | undefined;
  let began: number | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = eventOf(line);
    if (event?.event === 'start') {
      began = seconds();
      epoch = startEpoch = event.startEpoch;
    }
    if (event?.event === 'epoch') epoch = event.epoch;
  });
  try {
    const [code, ended] = await once(child, 'close');
    signal?.throwIfAborted();
    return { code, signal: ended, seconds: seconds(), began, startEpoch, epoch, stderr };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

/** Of the lines that `thaw train --json` prints. */
type TrainEvent =
  | { event: 'start'; startEpoch: number }
  | { event: 'epoch'; epoch: number }
  | { event: 'done' };

/** A process that is killed may leave half a line. */
function eventOf(line: string): TrainEvent | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
