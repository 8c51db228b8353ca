import { type Command, epochsOf, measure, type Run } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { inTurns, type Turns } from '../measuring/turns.ts';
import { type Unit, written } from '../presenting/numbers.ts';
import type { Row as TableRow } from '../presenting/table.ts';
import type { Context, Goal, Outcome, Scenario } from '../scenario.ts';
import type { Job, System } from '../systems/system.ts';

/** A process that is measured, as often as the plan says. */
export interface Case {
  /** A system's name: 'thaw', 'keras'. */
  readonly name: string;
  /** What tables call it. */
  readonly title: string;
  /** Those of one group stand beside each other. */
  readonly group: string;
  command(): Promise<Command>;
}

/** A job of every system that does it. @param facts what the scenario wants to know of the case later */
export function casesOf<F extends object>(
  systems: readonly System[],
  group: string,
  job: Job,
  facts: F,
): (Case & F)[] {
  return systems
    .filter((system) => system.does(job))
    .map((system) => ({
      name: system.name,
      title: system.title,
      group,
      command: () => system.command(job),
      ...facts,
    }));
}

export type Row<C extends Case> = C & Turns<Run> & { readonly value: number; readonly ahead: number };

/** What a scenario measures, and what it reads off each process. */
export interface Plan<C extends Case> {
  readonly settings: object;
  readonly cases: readonly C[];
  /** What groups are, in the table. */
  readonly group: string;
  /** The number that counts; medians of it are compared, where one is better. */
  readonly value: {
    readonly title: string;
    readonly unit: Unit;
    readonly better?: 'less' | 'more';
    read(run: Run, of: C): number | undefined;
  };
  /** Further columns. */
  readonly columns?: Readonly<Record<string, [Unit, (row: Row<C>) => string | number | undefined]>>;
  /** Where measurements mean something, quick ones do not. */
  goals?(rows: readonly Row<C>[]): Goal[];
  /** Default: three. */
  readonly runs?: number;
  /** Measurements that other programs disturb are repeated: default six times at most. */
  readonly attempts?: number;
}

/** What is read off steps in memory. */
export const SPEED = {
  title: 'images/s',
  unit: 'images/s',
  better: 'more',
  read: ({ told }: Run) => told.at(-1)?.imagesPerSecond,
} as const;

/** A scenario that runs whole processes in turns; they differ in what is run and what is read off. */
export function processes<C extends Case>(
  about: Omit<Scenario, 'run'>,
  plan: (context: Context) => Promise<Plan<C>>,
): Scenario {
  return { ...about, run: async (context) => outcome(await plan(context), context) };
}

async function outcome<C extends Case>(plan: Plan<C>, { options, note }: Context): Promise<Outcome> {
  const { settings, cases, group, value, columns = {}, goals } = plan;
  const { quick } = options;
  const sides = cases.map((each) => ({
    name: `${each.group}: ${each.title}`,
    start: async () => measure(await each.command()),
    describe: (run: Run) => written(value.read(run, each), value.unit),
  }));
  const runs = plan.runs ?? options.runs ?? (quick ? 1 : 3);
  const turns = await inTurns(sides, { runs, attempts: quick ? 1 : (plan.attempts ?? 6), note });
  const valued = cases.map((each, i) => {
    const turn = turns[i] as Turns<Run>;
    return { ...each, ...turn, value: middle(turn, (run) => value.read(run, each)) };
  });
  const rows = valued.map((row): Row<C> => {
    const own = valued.find(({ name, group }) => name === 'thaw' && group === row.group)?.value ?? Number.NaN;
    return { ...row, ahead: value.better === 'less' ? row.value / own : own / row.value };
  });
  const compared = value.better && new Set(cases.map(({ name }) => name)).size > 1;
  return {
    settings: { ...settings, runs },
    table: {
      columns: {
        [group]: 'words',
        system: 'words',
        [value.title]: value.unit,
        ...(compared && { 'thaw ahead': 'times' as const }),
        ...Object.fromEntries(Object.entries(columns).map(([title, [unit]]) => [title, unit])),
        disturbed: 'share',
      },
      rows: rows.map((row): TableRow => {
        const name = { [group]: row.group, system: row.title };
        if (row.values.length === 0) return { ...name, [value.title]: 'failed' };
        const others = Object.entries(columns).map(([column, [, cell]]) => [column, cell(row)]);
        const counted = { [value.title]: row.value, 'thaw ahead': row.ahead, disturbed: row.disturbance };
        return { ...name, ...counted, ...Object.fromEntries(others) };
      }),
    },
    goals: quick ? [] : (goals?.(rows).filter((goal) => Number.isFinite(goal.value)) ?? []),
    measured: rows,
  };
}

/** The median over a row's runs. */
export function middle({ values }: Turns<Run>, read: (run: Run) => number | null | undefined): number {
  return median(values.map(read).filter((value) => typeof value === 'number'));
}

/** A column of what epoch `index` took. */
export function epochColumn(index: number): [Unit, (row: Turns<Run>) => number] {
  return ['s', (row) => middle(row, (run) => epochsOf(run)[index]?.epochSeconds)];
}

export const PEAK_MEMORY: [Unit, (row: Turns<Run>) => number] = [
  'MiB',
  (row) => middle(row, ({ peakKiB }) => peakKiB / 1024),
];
