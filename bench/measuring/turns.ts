import type { Note } from '../scenario.ts';
import { quietly } from './quietly.ts';

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
