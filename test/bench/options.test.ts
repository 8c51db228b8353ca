import { expect, test } from '@jest/globals';
import { type BenchOptions, benchOptions } from '../../bench/options.ts';

const scenarios = ['end-to-end', 'forward', 'growth'];

test.each([
  [['forwards'], 'received forwards; did you mean forward?'],
  [['forward', '--run', '3'], "Unknown option '--run'; see --help."],
  [['forward', '--runs', '0'], 'Expected a positive integer for --runs'],
  [['growth', '--up-to', 'many'], 'Expected a positive integer for --up-to'],
  [['--levels', 'head,layer5'], "Expected one of 'head', 'layer4.2', 'everything', 'layer4',"],
  [['--precision', 'float16'], "Expected one of 'float32', 'bfloat16' for --precision"],
  [['--device', 'tpu'], "Expected one of 'cpu', 'cuda' for --device"],
  [['--out', 'x.json'], '--out takes the numbers of one scenario'],
  [['forward', 'growth', '--out', 'x.json'], '--out takes the numbers of one scenario'],
  [['--quick', '--full'], 'Give either --quick or --full, not both.'],
])('%j is refused', (args, message) => {
  expect(() => benchOptions(args, scenarios)).toThrow(message);
});

test('without a word the whole is measured, on the CPU', () => {
  const given = { scenarios: [], device: 'cpu', kernels: undefined, epochs: 10, quick: false, full: false };
  expect(benchOptions([], scenarios)).toMatchObject(given);
});

test('named scenarios run in the order of their names, with lists of levels and systems', () => {
  const given = ['growth', 'end-to-end', '--levels', 'head, everything', '--systems', 'thaw,tfjs', '--quick'];
  expect(benchOptions(given, scenarios)).toMatchObject({
    scenarios: ['growth', 'end-to-end'],
    levels: ['head', 'everything'],
    systems: ['thaw', 'tfjs'],
    epochs: 2,
    upTo: 300,
  });
});

test('help wins over everything', () => {
  expect(benchOptions(['--help'], scenarios)).toBe('help');
});

test('a report says how to repeat it, without saying where things lie', () => {
  const line = 'end-to-end --data a/photos --levels head --device cuda --kernels fused --python /x --full';
  const options = benchOptions(line.split(' '), scenarios) as BenchOptions;
  expect(options.commandLine('end-to-end')).toBe(
    'npm run bench -- end-to-end --data photos --levels head --device cuda --kernels fused --full',
  );
});
