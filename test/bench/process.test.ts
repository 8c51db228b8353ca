import { expect, test } from '@jest/globals';
import { epochsOf, measure } from '../../bench/measuring/process.ts';
import { inTurns } from '../../bench/measuring/turns.ts';

const node = (script: string) => ({
  command: process.execPath,
  args: ['--eval', script],
  cwd: process.cwd(),
});

test('what a process tells as lines of JSON is heard, and nothing else', async () => {
  const script = `
    console.log('a library says hello');
    console.log('{"event":"epoch","epochSeconds":1.5}');
    console.log('{ not JSON');
    process.stdout.write('{"event":"epoch",');
    setTimeout(() => process.stdout.write('"epochSeconds":2}\\n{"event":"done"}\\n'), 50);`;
  const measured = await measure(node(script));
  const [first, second] = epochsOf(measured);
  expect(measured.told.map(({ at, ...told }) => told)).toEqual([
    { event: 'epoch', epochSeconds: 1.5 },
    { event: 'epoch', epochSeconds: 2 },
    { event: 'done' },
  ]);
  expect(second?.at).toBeGreaterThan(first?.at ?? Number.NaN);
  expect(measured.seconds).toBeGreaterThanOrEqual(second?.at ?? Number.NaN);
});

test('memory of the process and of its children is seen', async () => {
  const hold = (megabytes: number) =>
    `globalThis.kept = Buffer.alloc(${megabytes << 20}, 1); console.log('{}'); setTimeout(() => {}, 1500);`;
  const small = await measure(node(hold(1)));
  const large = await measure(node(hold(200)));
  const child = JSON.stringify(hold(200));
  const inherit = "{ stdio: 'inherit' }";
  const parent = await measure(
    node(`require('node:child_process').spawn(process.execPath, ['--eval', ${child}], ${inherit});`),
  );
  expect(small.peakKiB).toBeGreaterThan(10 * 1024);
  expect(large.peakKiB - small.peakKiB).toBeGreaterThan(150 * 1024);
  expect(parent.peakKiB - small.peakKiB).toBeGreaterThan(150 * 1024);
});

test.each([
  ['fails', node(`console.error('no such thing'); process.exitCode = 3;`), '3: no such thing'],
  ['tells nothing', node(`console.log('hello')`), 'it wrote nothing'],
  ['is not there', { command: '/nowhere/at/all', args: [], cwd: '/' }, 'did not start'],
])('a process that %s says why', async (_, command, message) => {
  const expected = { code: 'ERR_BENCH_CHILD', message: expect.stringContaining(message) };
  await expect(measure(command)).rejects.toMatchObject(expected);
});

test('sides take turns, and one that fails stays out', async () => {
  const order: string[] = [];
  const side = (name: string, fails = false) => ({
    name,
    describe: String,
    start: async () => {
      order.push(name);
      if (fails) throw new Error('it broke');
      return order.length;
    },
  });
  const turns = await inTurns([side('a'), side('b', true), side('c')], {
    runs: 2,
    attempts: 1,
    note: () => undefined,
  });
  expect(order).toEqual(['a', 'b', 'c', 'a', 'c']);
  expect(turns.map(({ values }) => values)).toEqual([[1, 4], [], [3, 5]]);
  expect(turns[1]?.failure).toBe('it broke');
});
