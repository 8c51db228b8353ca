import { expect, test } from '@jest/globals';
import { epochsOf } from '../../bench/measuring/process.ts';
import { type BenchOptions, benchOptions } from '../../bench/options.ts';
import { cells } from '../../bench/presenting/table.ts';
import { atLeast, type Context } from '../../bench/scenario.ts';
import { type Case, middle, type Plan, processes, SPEED } from '../../bench/scenarios/processes.ts';

/** A process that tells of epochs and of a speed. */
function told(name: string, group: string, speed: number | undefined): Case {
  const script =
    speed === undefined
      ? 'process.exit(3)'
      : `console.log('{"event":"epoch","epochSeconds":1.5,"valAccuracy":null}\\n{"imagesPerSecond":${speed}}')`;
  const command = { command: process.execPath, args: ['--eval', script], cwd: process.cwd() };
  return { name, title: name, group, command: async () => command };
}

async function outcome(plan: Partial<Plan<Case>>, ...args: string[]) {
  const options = benchOptions(args) as BenchOptions;
  const scenario = processes({ name: 's', claim: 'c' }, async () => ({
    settings: { seed: 1 },
    cases: [
      told('thaw', 'a', 30),
      told('other', 'a', 10),
      told('thaw', 'b', undefined),
      told('other', 'b', 5),
    ],
    group: 'of',
    value: SPEED,
    attempts: 1,
    ...plan,
  }));
  return scenario.run({ options, note: () => undefined } as unknown as Context);
}

test('each group is compared with its thaw, and one that fails has no numbers', async () => {
  const columns: Plan<Case>['columns'] = {
    epoch: ['s', (row) => middle(row, (run) => epochsOf(run)[0]?.epochSeconds)],
    accuracy: ['share', (row) => middle(row, (run) => epochsOf(run)[0]?.valAccuracy)],
  };
  const { table, settings, goals } = await outcome({ columns }, '--runs', '1');
  const [head, ...rows] = cells(table).map((row) => row.slice(0, 6));
  expect(head).toEqual(['of', 'system', 'images/s', 'thaw ahead', 'epoch', 'accuracy']);
  expect(rows).toEqual([
    ['a', 'thaw', '30', '1', '1.5 s', '–'],
    ['a', 'other', '10', '3', '1.5 s', '–'],
    ['b', 'thaw', 'failed', '–', '–', '–'],
    ['b', 'other', '5', '–', '1.5 s', '–'],
  ]);
  expect(settings).toEqual({ seed: 1, runs: 1 });
  expect(goals).toEqual([]);
});

test('goals are of medians, and of nothing where a run is quick', async () => {
  const goals = (rows: readonly { name: string; ahead: number }[]) =>
    rows.map(({ name, ahead }) => atLeast(name, ahead, 2));
  const measured = await outcome({ goals }, '--runs', '2');
  expect(measured.goals.map(({ value, met }) => [value, met])).toEqual([
    [1, false],
    [3, true],
  ]);
  expect((await outcome({ goals }, '--quick')).goals).toEqual([]);
});
