import { performance } from 'node:perf_hooks';
import { ThawError } from '../../lib/errors.ts';
import type { Environment } from '../../lib/system/environment.ts';
import { run } from '../../lib/system/run.ts';
import { watchMemory } from './memory-watch.ts';

/** A process that tells what it does as lines of JSON on standard output, as `thaw train --json` does. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Environment;
}

export interface TimedEvent {
  /** Since the process was started. */
  readonly seconds: number;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface Measured {
  /** From the start of the process to its end: loading and saving included. */
  readonly seconds: number;
  /** The most memory that the process and its own children held at a time. */
  readonly peakKiB: number;
  readonly events: readonly TimedEvent[];
}

/**
 * Runs a command to its end, listening to what it tells.
 * @throws ThawError ERR_BENCH_CHILD with the end of what it wrote to standard error
 */
export async function measure({ command, args, cwd, env = process.env }: Command): Promise<Measured> {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  const events: TimedEvent[] = [];
  const onLine = (line: string) => {
    const event = parse(line);
    if (event) events.push({ seconds: since(), event });
  };
  const peak = watchMemory();
  const { status, missing, stderr } = await run(command, args, { cwd, env, onLine });
  const measured = { seconds: since(), peakKiB: peak(), events };
  if (status === 0) return measured;
  const end = stderr.trim().split('\n').slice(-3).join(' ') || 'it wrote nothing.';
  const how = missing ? `${command} did not start` : `It ended with ${status ?? 'a signal'}`;
  throw new ThawError('ERR_BENCH_CHILD', `${how}: ${end}`);
}

/** What a process tells last. @throws ThawError ERR_BENCH_CHILD */
export async function answerOf<T>(command: Command): Promise<T> {
  const last = (await measure(command)).events.at(-1);
  if (last) return last.event as T;
  throw new ThawError('ERR_BENCH_CHILD', `${command.args[0]} told nothing.`);
}

/** Other lines are what libraries print, and no events. */
function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
