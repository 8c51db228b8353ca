import type { BenchOptions } from './options.ts';
import type { Chart } from './presenting/chart.ts';
import type { Systems } from './systems/find.ts';
import type { Python } from './systems/python.ts';

/** Progress for people. */
export type Note = (line: string) => void;

/** What a scenario is given. */
export interface Context {
  readonly options: BenchOptions;
  readonly quick: boolean;
  /** Python with PyTorch; undefined where there is none. */
  readonly peer: Python | undefined;
  /** What is measured beside each other: all that is at hand, or those that --systems names. */
  systems(): Promise<Systems>;
  /** A folder of this run's own, removed at its end. */
  readonly folder: string;
  /** The folder of class folders for `train` or `validation`; without --data it is drawn. */
  data(part: 'train' | 'validation'): Promise<string>;
  /** @throws ThawError ERR_INVALID_ARGUMENT where there are none */
  weights(): string;
  readonly note: Note;
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
  /** Drawn below each other in one picture. */
  readonly charts?: readonly Chart[];
  readonly goals: readonly Goal[];
  /** Every single measurement. */
  readonly measured: object;
}

export interface Scenario {
  readonly name: string;
  readonly claim: string;
  /** Whether there is nothing to compare with where PyTorch is missing. */
  readonly needsPeer: boolean;
  run(context: Context): Promise<Outcome>;
}

export function met({ value, limit, sense }: Goal): boolean {
  return sense === 'at most' ? value <= limit : value >= limit;
}
