import { expect, test } from '@jest/globals';
import { logAxis } from '../../bench/presenting/axis.ts';
import type { Chart } from '../../bench/presenting/chart.ts';
import { duration, short } from '../../bench/presenting/numbers.ts';
import { picture } from '../../bench/presenting/svg.ts';
import { markdown, table } from '../../bench/presenting/table.ts';

test.each([
  [0.01234, '0.0123'],
  [4.561, '4.56'],
  [78.94, '78.9'],
  [1234, '1,230'],
  [100, '100'],
  [0, '0'],
  [Number.NaN, '–'],
])('%d is written %s', (value, text) => {
  expect(short(value)).toBe(text);
});

test.each([
  [0.85, '850 ms'],
  [12.34, '12.3 s'],
  [245, '4 min 5 s'],
  [7385, '2 h 3 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([[[3, 80]], [[0.02, 9000]], [[7]], [[100]], [[]]])('an axis over %j holds its values', (values) => {
  const { marks, position } = logAxis(values);
  expect(marks.length).toBeGreaterThan(1);
  expect([...marks].sort((a, b) => a - b)).toEqual(marks);
  for (const value of values) {
    expect(position(value)).toBeGreaterThanOrEqual(0);
    expect(position(value)).toBeLessThanOrEqual(1);
  }
  expect(position(marks[0] ?? 0)).toBe(0);
  expect(position(marks.at(-1) ?? 0)).toBe(1);
});

test('equal factors are equal distances on an axis', () => {
  const { position } = logAxis([0.5, 5000]);
  expect(position(1000) - position(100)).toBeCloseTo(position(10) - position(1), 12);
});

test('a picture has every bar and every point, and its text is escaped', () => {
  const charts: Chart[] = [
    {
      kind: 'bars',
      title: 'a < b',
      unit: 's',
      groups: [
        {
          title: 'g',
          bars: [
            { label: 'thaw', value: 2, note: '80 %' },
            { label: 'x & y', value: 200 },
          ],
        },
      ],
    },
    {
      kind: 'lines',
      title: 'l',
      xTitle: 'n',
      unit: 'MiB',
      lines: [
        {
          label: 'k',
          points: [
            [1, 2],
            [10, 20],
          ],
        },
      ],
    },
  ];
  const svg = picture(charts, 'foot');
  expect(svg.match(/class="bar/g)).toHaveLength(2);
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('x &amp; y');
  expect(svg).toContain('2 s · 80 %');
  expect(svg).not.toContain('NaN');
});

test('columns are aligned', () => {
  expect(
    table([
      ['a', 'b'],
      ['long', '1'],
    ]),
  ).toBe(['a     b', '-------', 'long  1'].join('\n'));
});

test('a table for a document has as many cells in every line', () => {
  expect(markdown([['a', 'b'], ['long', '1'], ['x']])).toBe(
    ['| a | b |', '| --- | --- |', '| long | 1 |', '| x |  |'].join('\n'),
  );
});
