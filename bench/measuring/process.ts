import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { ThawError } from '../../lib/errors.ts';
import type { Environment } from '../../lib/system/environment.ts';
import { MemoryWatch } from './memory-watch.ts';

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
export function measure({ command, args, cwd, env }: Command): Promise<Measured> {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: (env ?? process.env) as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const watch = child.pid === undefined ? undefined : new MemoryWatch(child.pid);
    const events: TimedEvent[] = [];
    let rest = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = parse(line);
        if (event) events.push({ seconds: since(), event });
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-4000);
    });
    let seconds = 0;
    child.on('exit', () => {
      seconds = since();
    });
    child.on('error', (error) => {
      watch?.stop();
      reject(new ThawError('ERR_BENCH_CHILD', `${command} did not start: ${error.message}`));
    });
    child.on('close', (status, signal) => {
      const peakKiB = watch?.stop() ?? 0;
      if (status === 0) return resolve({ seconds, peakKiB, events });
      const end = complaints.trim().split('\n').slice(-3).join(' ') || 'it wrote nothing.';
      reject(new ThawError('ERR_BENCH_CHILD', `It ended with ${signal ?? status}: ${end}`));
    });
  });
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

/** The events of one kind, in their order. */
export function eventsNamed<T>({ events }: Measured, name: string): (T & { at: number })[] {
  return events
    .filter(({ event }) => event.event === name)
    .map(({ seconds, event }) => ({ ...(event as T), at: seconds }));
}
