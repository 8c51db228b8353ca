import { expect, test } from '@jest/globals';
import { type BenchOptions, benchOptions } from '../../bench/options.ts';
import { chosen, SCENARIOS } from '../../bench/scenarios/all.ts';

test.each([
  [['forward', '--run', '3'], 'Unknown option --run for thaw bench; did you mean --runs?'],
  [['forward', '--runs', '0'], 'Expected a positive integer for --runs'],
  [['--levels', 'head,layer5'], "Expected one of 'head', 'layer4.2', 'everything', 'layer4',"],
  [['--out', 'x.json'], '--out takes the numbers of one scenario'],
  [['forward', 'growth', '--out', 'x.json'], '--out takes the numbers of one scenario'],
  [['--quick', '--full'], 'Give either --quick or --full, not both.'],
])('%j is refused', (args, message) => {
  expect(() => benchOptions(args)).toThrow(message);
});

test('without a word the whole is measured, on the CPU', () => {
  const given = { scenarios: [], device: 'cpu', epochs: 10, upTo: 100_000, quick: false, full: false };
  expect(benchOptions([])).toMatchObject(given);
  expect(benchOptions(['--help'])).toBe('help');
});

test('what is said goes before what a quick look does', () => {
  const given = 'growth end-to-end --levels head,everything --systems thaw,tfjs --epochs 5 --quick';
  expect(benchOptions(given.split(' '))).toMatchObject({
    scenarios: ['growth', 'end-to-end'],
    levels: ['head', 'everything'],
    systems: ['thaw', 'tfjs'],
    epochs: 5,
    upTo: 300,
  });
});

test('a report says how to repeat it, without saying where things lie', () => {
  const line =
    'end-to-end --data a/photos --levels head,layer4.2 --up-to 9 --device cuda --kernels fused --python /x --full';
  const options = benchOptions(line.split(' ')) as BenchOptions;
  expect(options.commandLine('end-to-end')).toBe(
    'npm run bench -- end-to-end --data photos --levels head,layer4.2 --up-to 9 --device cuda --kernels fused --full',
  );
});

test('scenarios are those of the device, and a misspelt one is named', () => {
  const on = { device: 'cpu', quick: false } as const;
  const others = SCENARIOS.filter(({ name }) => name !== 'checks');
  expect(chosen({ ...on, scenarios: [] })).toEqual(others);
  expect(() => chosen({ ...on, scenarios: ['forwards'] })).toThrow('forwards; did you mean forward?');
  expect(() => chosen({ ...on, scenarios: ['checks'] })).toThrow('with --device cuda only');
  expect(chosen({ ...on, scenarios: ['checks'], quick: true })).toHaveLength(1);
});
