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

/** A line that a process told. */
export interface Told {
  /** Seconds since the process was started. */
  readonly at: number;
  readonly event?: string;
  readonly epochSeconds?: number;
  readonly valAccuracy?: number | null;
  readonly imagesPerSecond?: number;
  readonly longestBlockSeconds?: number;
  readonly norms?: number;
  readonly drifted?: number;
  readonly logits?: readonly number[];
  readonly unequal?: number;
  readonly largest?: number;
}

export interface Run {
  /** From the start of the process to its end: loading and saving included. */
  readonly seconds: number;
  /** The most memory that the process and its own children held at a time. */
  readonly peakKiB: number;
  readonly told: readonly Told[];
}

/**
 * Runs a command to its end, listening to what it tells.
 * @throws ThawError ERR_BENCH_CHILD with the end of what it wrote to standard error, or where it told nothing
 */
export async function measure({ command, args, cwd, env = process.env }: Command): Promise<Run> {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  const told: Told[] = [];
  const onLine = (line: string) => {
    const event = parse(line);
    if (event) told.push({ at: since(), ...event });
  };
  const peak = watchMemory();
  const { status, missing, stderr } = await run(command, args, { cwd, env, onLine });
  const measured = { seconds: since(), peakKiB: peak(), told };
  if (status === 0 && told.length > 0) return measured;
  const end = stderr.trim().split('\n').slice(-3).join(' ') || 'it wrote nothing.';
  const how = missing ? `${command} did not start` : `${args[0]} ended with ${status ?? 'a signal'}`;
  throw new ThawError('ERR_BENCH_CHILD', `${how}: ${end}`);
}

/** The epochs that it told of. */
export function epochsOf({ told }: Run): readonly Told[] {
  return told.filter(({ event }) => event === 'epoch');
}

/** Other lines are what libraries print, and no events. */
function parse(line: string): Omit<Told, 'at'> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
