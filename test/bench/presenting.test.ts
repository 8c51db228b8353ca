import { expect, test } from '@jest/globals';
import { written } from '../../bench/presenting/numbers.ts';
import { cells, markdown, type Table } from '../../bench/presenting/table.ts';

test.each([
  [0.01234, 'times', '0.0123'],
  [78.94, 'images/s', '78.9'],
  [1234, 'images/s', '1,230'],
  [0, 'times', '0'],
  [0.85, 's', '850 ms'],
  [12.34, 's', '12.3 s'],
  [245, 's', '4 min 5 s'],
  [1234.4, 'MiB', '1,234 MiB'],
  [0.8296, 'share', '83.0 %'],
  [0.00012, 'difference', '1.2e-4'],
  [Number.NaN, 's', '–'],
  [undefined, 'MiB', '–'],
  ['failed', 's', 'failed'],
] as const)('%s %s is written %s', (value, unit, text) => {
  expect(written(value, unit)).toBe(text);
});

test('a table has aligned columns, numbers to the right', () => {
  const table: Table = {
    columns: { system: 'words', time: 's', images: 'count' },
    rows: [
      { system: 'thaw', time: 2, images: 1000 },
      { system: 'any other', time: 'failed' },
    ],
  };
  expect(markdown(table).split('\n')).toEqual([
    '| system    |   time | images |',
    '| --------- | -----: | -----: |',
    '| thaw      |    2 s |  1,000 |',
    '| any other | failed |      – |',
  ]);
  expect(cells(table)[2]).toEqual(['any other', 'failed', '–']);
});
