import type { BenchOptions } from './options.ts';
import type { Peer } from './systems/python.ts';

/** What a scenario is given. */
export interface Context {
  readonly options: BenchOptions;
  readonly quick: boolean;
  /** PyTorch in a Python of its own; undefined where there is none. */
  readonly peer: Peer | undefined;
  /** A folder of this run's own, removed at its end. */
  readonly folder: string;
  /** The folder of class folders for `train` or `validation`. @throws ThawError ERR_INVALID_ARGUMENT without --data */
  data(part: 'train' | 'validation'): string;
  /** @throws ThawError ERR_INVALID_ARGUMENT without --weights */
  weights(): string;
  /** Progress for people. */
  note(line: string): void;
}

/** What the project promises of a number, and whether it holds. */
export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly sense: 'at most' | 'at least';
}

export interface Outcome {
  /** Everything that decides the numbers: counts, batch sizes, rates, seeds. */
  readonly settings: object;
  /** The first line names the columns. */
  readonly table: readonly (readonly string[])[];
  readonly goals: readonly Goal[];
  /** Every single measurement. */
  readonly measured: object;
}

export interface Scenario {
  readonly name: string;
  readonly claim: string;
  /** Whether there is nothing to compare with when the peer is missing. */
  readonly needsPeer: boolean;
  run(context: Context): Promise<Outcome>;
}

export function met({ value, limit, sense }: Goal): boolean {
  return sense === 'at most' ? value <= limit : value >= limit;
}
