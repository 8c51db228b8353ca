import type { Level } from '../../measuring/levels.ts';
import { median } from '../../measuring/statistics.ts';
import type { Turns } from '../../measuring/turns.ts';
import type { System } from '../../systems/system.ts';
import type { Part } from './plan.ts';

/** One run of one system, as the whole would be. */
export interface Run {
  /** Start, loading, every epoch with its validation, saving. */
  seconds: number;
  firstEpoch: number;
  /** NaN where one epoch was measured. */
  laterEpoch: number;
  /** After the epochs that were measured; null where a part of the images was. */
  accuracy: number | null;
  peakKiB: number;
  epochSeconds: number[];
  wholeSeconds: number;
}

export interface Row {
  level: Level;
  system: System;
  part: Part;
  turns: Turns<Run>;
}

export function middle({ turns }: Row, field: 'seconds' | 'firstEpoch' | 'laterEpoch' | 'peakKiB'): number {
  return median(turns.values.map((value) => value[field]));
}

export function accuracyOf({ turns }: Row): number {
  const known = turns.values.map(({ accuracy }) => accuracy).filter((value) => value !== null);
  return known.length > 0 ? median(known) : Number.NaN;
}

/** By how much longer than thaw's. */
export function ratio(row: Row, rows: readonly Row[]): number {
  const own = rows.find(({ level, system }) => level === row.level && system.name === 'thaw');
  return own ? middle(row, 'seconds') / middle(own, 'seconds') : Number.NaN;
}
