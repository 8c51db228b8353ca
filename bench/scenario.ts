import type { BenchOptions, Device } from './options.ts';
import type { Table } from './presenting/table.ts';
import type { Python } from './systems/python.ts';
import type { System } from './systems/system.ts';

/** Progress for people. */
export type Note = (line: string) => void;

/** What a scenario is given. */
export interface Context {
  readonly options: BenchOptions;
  /** What is measured beside each other: all that is at hand, or those that --systems names. */
  readonly systems: readonly System[];
  /** Of the peers. */
  readonly python: Python;
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
  readonly met: boolean;
}

export function atLeast(name: string, value: number, limit: number): Goal {
  return { name, value, limit, sense: 'at least', met: value >= limit };
}

export function atMost(name: string, value: number, limit: number): Goal {
  return { name, value, limit, sense: 'at most', met: value <= limit };
}

export interface Outcome {
  /** Everything that decides the numbers: counts, batch sizes, rates, seeds. */
  readonly settings: object;
  readonly table: Table;
  readonly goals: readonly Goal[];
  /** Every single measurement. */
  readonly measured: object;
}

export interface Scenario {
  readonly name: string;
  readonly claim: string;
  /** The device without which it says nothing; absent: either. */
  readonly only?: Device;
  run(context: Context): Promise<Outcome>;
}
