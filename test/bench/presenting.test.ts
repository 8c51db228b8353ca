import { expect, test } from '@jest/globals';
import { logAxis } from '../../bench/presenting/axis.ts';
import { duration, short, written } from '../../bench/presenting/numbers.ts';
import { picture } from '../../bench/presenting/picture.ts';
import { cells, markdown, plain, type Table } from '../../bench/presenting/table.ts';

test.each([
  [0.01234, '0.0123'],
  [4.561, '4.56'],
  [78.94, '78.9'],
  [1234, '1,230'],
  [100, '100'],
  [0, '0'],
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

test('a number that nobody knows is a dash, and words are themselves', () => {
  expect([written(Number.NaN, 's'), written(undefined, 'MiB'), written('failed', 's')]).toEqual([
    '–',
    '–',
    'failed',
  ]);
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

const table: Table = {
  columns: { trained: 'words', system: 'words', time: 's', images: 'count' },
  rows: [
    { trained: 'a < b', system: 'thaw', time: 2, images: 1000 },
    { trained: 'a < b', system: 'x & y', time: 200, images: 10 },
    { trained: 'c', system: 'thaw', time: 20 },
    { trained: 'c', system: 'other', time: 'failed' },
  ],
};

test('a picture has every bar and every point that is a number, and its text is escaped', () => {
  const svg = picture(
    {
      ...table,
      charts: [
        { kind: 'bars', title: 'bars', value: 'time', group: 'trained' },
        { kind: 'lines', title: 'lines', x: 'images', lines: ['time'], where: ['trained', 'a < b'] },
      ],
    },
    'foot',
  );
  expect(svg.match(/class="bar /g)).toHaveLength(3);
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('x &amp; y');
  expect(svg).toContain('200 s');
  expect(svg).not.toContain('NaN');
});

test('columns are aligned, numbers to the right', () => {
  expect(
    plain({
      columns: { a: 'words', b: 'count' },
      rows: [
        { a: 'long', b: 1 },
        { a: 'x', b: 12 },
      ],
    }),
  ).toBe(['a      b', '--------', 'long   1', 'x     12'].join('\n'));
});

test('a table for a document has as many cells in every line', () => {
  const lines = markdown(table).split('\n');
  expect(lines[1]).toBe('| --- | --- | ---: | ---: |');
  expect(lines.slice(2).map((line) => line.split(' | ').length)).toEqual([4, 4, 4, 4]);
  expect(lines[2]).toBe('| a < b | thaw | 2 s | 1,000 |');
  expect(cells(table)[4]).toEqual(['c', 'other', 'failed', '–']);
});
