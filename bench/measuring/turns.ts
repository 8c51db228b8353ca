import { readFileSync } from 'node:fs';
import os from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Note } from '../scenario.ts';

export interface Side<T> {
  readonly name: string;
  readonly start: () => Promise<T>;
  readonly describe: (value: T) => string;
}

/** What one side gave, run by run; one that fails is not tried again. */
export interface Turns<T> {
  readonly values: T[];
  /** The largest share of the processor that other programs took during one of these measurements. */
  disturbance: number;
  failure?: string;
}

/**
 * Measures every side once, then every side again, so that a machine that slows down or speeds up in the meantime
 * does so for all of them.
 */
export async function inTurns<T>(
  sides: readonly Side<T>[],
  { runs, attempts, note }: { runs: number; attempts: number; note: Note },
): Promise<Turns<T>[]> {
  const turns = sides.map((): Turns<T> => ({ values: [], disturbance: 0 }));
  for (let run = 0; run < runs; run++) {
    for (const [i, { name, start, describe }] of sides.entries()) {
      const turn = turns[i] as Turns<T>;
      if (turn.failure !== undefined) continue;
      try {
        const { value, disturbance } = await quietly(start, attempts);
        turn.values.push(value);
        turn.disturbance = Math.max(turn.disturbance, disturbance);
        note(`  ${name}, run ${run + 1} of ${runs}: ${describe(value)}`);
      } catch (error) {
        turn.failure = error instanceof Error ? error.message : String(error);
        note(`  ${name} failed: ${turn.failure}`);
      }
    }
  }
  return turns;
}

/** A larger share of the processor taken by other programs spoils a measurement. */
const DISTURBED = 0.05;
const PAUSE_MS = 20_000;
/** Of a clock tick: USER_HZ, 100 on every Linux that Node runs on. */
const TICK_SECONDS = 0.01;

/**
 * Measures in child processes; again after a pause while other programs disturb it. The least disturbed attempt
 * counts, so that a machine that is never quiet gives numbers too: they say how disturbed they are.
 */
async function quietly<T>(measure: () => Promise<T>, attempts: number) {
  let best = { value: undefined as T, disturbance: Number.POSITIVE_INFINITY };
  for (let attempt = 0; attempt < attempts && best.disturbance > DISTURBED; attempt++) {
    if (attempt > 0) await setTimeout(PAUSE_MS);
    const start = performance.now();
    const before = othersSeconds();
    const value = await measure();
    const cores = ((performance.now() - start) / 1000) * os.cpus().length;
    const disturbance = Math.max(0, (othersSeconds() - before) / cores);
    if (disturbance < best.disturbance) best = { value, disturbance };
  }
  return best;
}

/** What all cores together have worked for others than this process and its finished children. */
function othersSeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks('/proc/stat', 'cpu ');
  // proc(5): utime, stime, cutime, cstime are the fields 14 to 17; the name before them may hold spaces.
  const own = ticks('/proc/self/stat', ') ').slice(11, 15);
  const busy = user + nice + system + irq + softirq + steal;
  return TICK_SECONDS * own.reduce((rest, each) => rest - each, busy);
}

function ticks(file: string, mark: string): number[] {
  const [line = ''] = readFileSync(file, 'utf8').split('\n');
  const from = line.lastIndexOf(mark) + mark.length;
  return line.slice(from).trim().split(/\s+/).map(Number);
}
