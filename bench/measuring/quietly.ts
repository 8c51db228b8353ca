import { readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** A larger share of the processor taken by other programs spoils a measurement. */
const DISTURBED = 0.05;
const PAUSE_MS = 20_000;
/** Of a clock tick: USER_HZ, 100 on every Linux that Node runs on. */
const TICK_SECONDS = 0.01;

export interface Quiet<T> {
  readonly value: T;
  /** Share of all cores that other programs took meanwhile. */
  readonly disturbance: number;
}

/**
 * Measures in child processes; again after a pause while other programs disturb it. The least disturbed attempt
 * counts, so that a machine that is never quiet gives numbers too: they say how disturbed they are.
 */
export async function quietly<T>(measure: () => Promise<T>, attempts = 6): Promise<Quiet<T>> {
  let best: Quiet<T> | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await setTimeout(PAUSE_MS);
    const before = { busy: busySeconds(), own: ownSeconds(), time: Date.now() };
    const value = await measure();
    const cores = ((Date.now() - before.time) / 1000) * os.cpus().length;
    const others = busySeconds() - before.busy - (ownSeconds() - before.own);
    const disturbance = Math.max(0, others / cores);
    if (!best || disturbance < best.disturbance) best = { value, disturbance };
    if (best.disturbance <= DISTURBED) break;
  }
  return best as Quiet<T>;
}

/** What all cores together have worked since the machine started. */
function busySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = numbersAfter(
    '/proc/stat',
    'cpu ',
  );
  return (user + nice + system + irq + softirq + steal) * TICK_SECONDS;
}

/** What this process and its finished children have. */
function ownSeconds(): number {
  // proc(5): utime, stime, cutime, cstime are the fields 14 to 17; the name before them may hold spaces.
  const fields = numbersAfter('/proc/self/stat', ') ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) * TICK_SECONDS;
}

function numbersAfter(file: string, mark: string): number[] {
  const [line = ''] = readFileSync(file, 'utf8').split('\n');
  return line
    .slice(line.lastIndexOf(mark) + mark.length)
    .trim()
    .split(/\s+/)
    .map(Number);
}
