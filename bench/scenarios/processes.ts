import { type Command, type Measured, measure } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { inTurns, type Turns } from '../measuring/turns.ts';
import { type Unit, written } from '../presenting/numbers.ts';
import type { Chart, Row as TableRow } from '../presenting/table.ts';
import type { Context, Goal, Outcome, Scenario } from '../scenario.ts';

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

/** Of a system. */
export function caseOf(
  { name, title }: Pick<Case, 'name' | 'title'>,
  group: string,
  command: Case['command'],
): Case {
  return { name, title, group, command };
}

/** What one process has told and taken. */
export interface Run {
  readonly seconds: number;
  readonly peakKiB: number;
  /** When it told something for the first time, since its start. */
  readonly told: number;
  readonly epochs: readonly {
    readonly at: number;
    readonly seconds: number;
    readonly accuracy: number | null;
  }[];
  /** The numbers that it told last. */
  readonly last: Readonly<Record<string, number>>;
}

export type Row<C extends Case> = C & Turns<Run> & { readonly value: number; readonly ahead: number };

/** What a scenario measures, and what it reads off each process. */
export interface Plan<C extends Case> {
  readonly settings: object;
  readonly cases: readonly C[];
  /** What groups are, in the table. */
  readonly group: string;
  /** The number that counts; medians of it are compared, where one is better. */
  readonly value: { title: string; unit: Unit; better?: 'less' | 'more'; read(run: Run, of: C): number };
  /** Further columns. */
  readonly columns?: Readonly<Record<string, [Unit, (row: Row<C>) => string | number | undefined]>>;
  /** Default: a bar of the value for each row. */
  readonly charts?: readonly Chart[];
  /** Where measurements mean something, quick ones do not. */
  goals?(rows: readonly Row<C>[]): Goal[];
  /** Default: three. */
  readonly runs?: number;
  /** Measurements that other programs disturb are repeated: default six times at most. */
  readonly attempts?: number;
}

/** A scenario that runs whole processes in turns; they differ in what is run and what is read off. */
export function processes<C extends Case>(
  about: Omit<Scenario, 'run'>,
  plan: (context: Context) => Promise<Plan<C>>,
): Scenario {
  const run = async (context: Context) => outcome(await plan(context), context, about.claim);
  return { ...about, run };
}

async function outcome<C extends Case>(
  plan: Plan<C>,
  { options, quick, note }: Context,
  claim: string,
): Promise<Outcome> {
  const { settings, cases, group, value, columns = {}, goals } = plan;
  const sides = cases.map((each) => ({
    name: `${each.group}: ${each.title}`,
    start: async () => read(await measure(await each.command())),
    describe: (run: Run) => written(value.read(run, each), value.unit),
  }));
  const runs = plan.runs ?? options.runs ?? (quick ? 1 : 3);
  const turns = await inTurns(sides, { runs, attempts: quick ? 1 : (plan.attempts ?? 6), note });
  const medians = cases.map((each, i) => median(turns[i]?.values.map((run) => value.read(run, each)) ?? []));
  const rows = cases.map((each, i): Row<C> => {
    const own = medians[cases.findIndex((other) => other.name === 'thaw' && other.group === each.group)];
    const [mine, thaw] = [medians[i] ?? Number.NaN, own ?? Number.NaN];
    const ahead = value.better === 'less' ? mine / thaw : thaw / mine;
    return { ...each, ...(turns[i] as Turns<Run>), value: mine, ahead };
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
        const { title, values, disturbance, ahead } = row;
        const name = { [group]: row.group, system: title };
        if (values.length === 0) return { ...name, [value.title]: 'failed' };
        const others = Object.entries(columns).map(([column, [, cell]]) => [column, cell(row)]);
        const counted = { [value.title]: row.value, 'thaw ahead': ahead, disturbed: disturbance };
        return { ...name, ...counted, ...Object.fromEntries(others) };
      }),
      charts: plan.charts ?? [{ kind: 'bars', title: claim, value: value.title, group }],
    },
    goals: quick ? [] : (goals?.(rows).filter((goal) => Number.isFinite(goal.value)) ?? []),
    measured: rows.map(({ command: _, ...row }) => row),
  };
}

function read({ seconds, peakKiB, events }: Measured): Run {
  const epochs = events
    .filter(({ event }) => event.event === 'epoch')
    .map(({ seconds: at, event }) => ({
      at,
      seconds: Number(event.epochSeconds),
      accuracy: typeof event.valAccuracy === 'number' ? event.valAccuracy : null,
    }));
  const last = Object.entries(events.at(-1)?.event ?? {}).filter(([, value]) => typeof value === 'number');
  const told = events[0]?.seconds ?? Number.NaN;
  return { seconds, peakKiB, told, epochs, last: Object.fromEntries(last) as Record<string, number> };
}

/** The median over a row's runs. */
export function middle({ values }: Turns<Run>, read: (run: Run) => number | null | undefined): number {
  return median(values.map(read).filter((value) => typeof value === 'number'));
}

export const peakMiB = (row: Turns<Run>) => middle(row, ({ peakKiB }) => peakKiB / 1024);
