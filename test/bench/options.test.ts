import { expect, test } from '@jest/globals';
import { benchOptions } from '../../bench/options.ts';

const scenarios = ['end-to-end', 'forward', 'growth'];

test.each([
  [['forwards'], 'received forwards; did you mean forward?'],
  [['forward', '--run', '3'], 'Unknown option --run for thaw bench; did you mean --runs?'],
  [['forward', '--runs', '0'], 'Expected a positive integer for --runs'],
  [['growth', '--up-to', 'many'], 'Expected a positive integer for --up-to'],
  [['--levels', 'head,layer5'], "Expected one of 'head', 'layer4.2', 'everything' for --levels"],
  [['--precision', 'float16'], "Expected one of 'float32', 'bfloat16' for --precision"],
  [['--out', 'x.json'], '--out takes the numbers of one scenario'],
  [['forward', 'growth', '--out', 'x.json'], '--out takes the numbers of one scenario'],
  [['--quick', '--full'], 'Give either --quick or --full, not both.'],
])('%j is refused', (args, message) => {
  expect(() => benchOptions(args, scenarios)).toThrow(message);
});

test('without a name every scenario runs, in their own order', () => {
  expect(benchOptions([], scenarios)).toMatchObject({ scenarios, epochs: 10, quick: false, full: false });
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
