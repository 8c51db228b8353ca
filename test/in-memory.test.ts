import { expect, test } from '@jest/globals';
import { imageArray, imageBuffers } from '../lib/data/in-memory.ts';

const classes = ['a', 'b'];
const pixels = new Uint8Array(3 * 2 * 2 * 3).map((_, i) => i);
const shape = [3, 2, 2, 3] as const;

test.each([
  ['too few labels', () => imageArray(pixels, { shape, labels: [0, 1], classes }), 'ERR_INVALID_ARGUMENT'],
  [
    'a label beyond the classes',
    () => imageArray(pixels, { shape, labels: [0, 1, 2], classes }),
    'ERR_INVALID_ARGUMENT',
  ],
  [
    'a label with a fraction',
    () => imageArray(pixels, { shape, labels: [0, 1, 0.5], classes }),
    'ERR_INVALID_ARGUMENT',
  ],
  ['numbers without classes', () => imageArray(pixels, { shape, labels: [0, 1, 1] }), 'ERR_INVALID_ARGUMENT'],
  [
    'a shape of another size',
    () => imageArray(pixels, { shape: [3, 2, 3, 3], labels: [0, 1, 1], classes }),
    'ERR_INVALID_ARGUMENT',
  ],
  [
    'grey pixels',
    () => imageArray(new Uint8Array(12), { shape: [3, 2, 2, 1] as never, labels: [0, 1, 1], classes }),
    'ERR_INVALID_ARGUMENT',
  ],
  [
    'a plain list of pixels',
    () => imageArray([1, 2, 3] as never, { shape, labels: [0, 1, 1], classes }),
    'ERR_INVALID_ARGUMENT',
  ],
  ['a misspelt option', () => imageArray(pixels, { shape, label: [0, 1, 1] } as never), 'ERR_UNKNOWN_OPTION'],
  ['no images', () => imageBuffers([], { labels: [], classes }), 'ERR_DATA_EMPTY'],
  [
    'a path among buffers',
    () => imageBuffers(['a.jpg'] as never, { labels: [0], classes }),
    'ERR_INVALID_ARGUMENT',
  ],
  ['an unknown class', () => imageBuffers([pixels], { labels: ['c'], classes }), 'ERR_DATA_UNKNOWN_CLASS'],
  [
    'a class twice',
    () => imageBuffers([pixels], { labels: [0], classes: ['a', 'a'] }),
    'ERR_INVALID_ARGUMENT',
  ],
  [
    'labels of no list',
    () => imageBuffers([pixels], { labels: 3 as never, classes }),
    'ERR_INVALID_ARGUMENT',
  ],
])('refuses %s', (_, make, code) => {
  expect(make).toThrow(expect.objectContaining({ name: 'ThawError', code }));
});

test('labels may be names; classes are then sorted', () => {
  const data = imageBuffers([pixels, pixels, pixels], { labels: ['dog', 'cat', 'dog'] });
  expect(data.classes).toEqual(['cat', 'dog']);
  expect([...data.labels]).toEqual([1, 0, 1]);
  expect(data.classCounts()).toEqual([1, 2]);
});

test.each([
  [
    'one-hot rows',
    {
      labels: [
        [1, 0],
        [0, 1],
        [0, 1],
      ],
    },
    'classes',
    [1, 0, 0, 1, 0, 1],
  ],
  ['one-hot rows in one array', { labels: Float32Array.of(1, 0, 0, 1, 0, 1) }, 'classes', [1, 0, 0, 1, 0, 1]],
  [
    'rows with their shape',
    { labels: { data: Float32Array.of(1, 0, 0, 1, 0, 1), shape: [3, 2] } },
    'classes',
    [1, 0, 0, 1, 0, 1],
  ],
  ['indices in rows of one', { labels: [[0], [1], [1]], classes }, 'classes', [1, 0, 0, 1, 0, 1]],
  [
    'shares',
    {
      labels: [
        [0.25, 0.75],
        [0, 1],
        [0.5, 0.5],
      ],
    },
    'shares',
    [0.25, 0.75, 0, 1, 0.5, 0.5],
  ],
  [
    '0 and 1 for each class',
    {
      labels: [
        [1, 1],
        [0, 0],
        [0, 1],
      ],
      multiLabel: true,
    },
    'multiLabel',
    [1, 1, 0, 0, 0, 1],
  ],
  ['lists of names', { labels: [['a', 'b'], [], ['b']] }, 'multiLabel', [1, 1, 0, 0, 0, 1]],
  [
    'a name each, of what may be several',
    { labels: ['a', 'b', 'b'], multiLabel: true },
    'multiLabel',
    [1, 0, 0, 1, 0, 1],
  ],
  [
    'an index each, of what may be several',
    { labels: [0, 1, 1], classes, multiLabel: true },
    'multiLabel',
    [1, 0, 0, 1, 0, 1],
  ],
] as const)('labels as %s', (_, options, kind, targets) => {
  const data = imageArray(pixels, { shape, ...options } as never);
  expect(data.kind).toBe(kind);
  expect([...data.targets]).toEqual(targets);
  if (kind === 'classes') expect([...data.labels]).toEqual([0, 1, 1]);
  else expect(() => data.labels).toThrow(expect.objectContaining({ code: 'ERR_DATA_MULTI_LABEL' }));
});

test.each([
  [
    'several classes where one is meant',
    {
      labels: [
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    },
    'labels[1] is of 2 classes: give multiLabel: true',
  ],
  [
    'no class where one is meant',
    {
      labels: [
        [1, 0],
        [0, 0],
        [0, 1],
      ],
    },
    'labels[1] is of 0 classes: give multiLabel: true',
  ],
  [
    'shares that are too much',
    {
      labels: [
        [1, 0],
        [0.5, 0.6],
        [0, 1],
      ],
    },
    'Expected shares that sum to 1 for labels[1] but they sum to 1.1.',
  ],
  [
    'a negative share',
    {
      labels: [
        [1, 0],
        [1.5, -0.5],
        [0, 1],
      ],
    },
    'a share from 0 to 1 for labels[1][0] but received 1.5',
  ],
  [
    'NaN',
    {
      labels: [
        [1, 0],
        [Number.NaN, 0],
        [0, 1],
      ],
    },
    'for labels[1][0] but received NaN',
  ],
  [
    'shares of several',
    {
      labels: [
        [1, 0],
        [0.5, 0.5],
        [0, 1],
      ],
      multiLabel: true,
    },
    'Expected 0 or 1 for labels[1][0]',
  ],
  [
    'rows of unlike lengths',
    {
      labels: [
        [1, 0],
        [1, 0, 0],
        [0, 1],
      ],
    },
    'Expected a row of 2 values, one a class for labels[1] but received [1, 0, 0].',
  ],
  [
    'rows of other classes',
    {
      labels: [
        [1, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
      ],
      classes,
    },
    'a row of 2 values',
  ],
  [
    'names and rows',
    { labels: [['a'], [1, 0], ['b']] },
    'Expected a list of class names, as others are for labels[1]',
  ],
  [
    'a list with an unknown name',
    { labels: [['a'], ['c'], []], classes },
    "labels[1] holds 'c', which is none of the 2 classes (a, b).",
  ],
  ['bigints', { labels: BigInt64Array.of(0n, 1n, 1n), classes }, 'for labels[0] but received a bigint.'],
  [
    'a shape that does not fit',
    { labels: { data: new Float32Array(6), shape: [2, 2] } },
    'Expected 4 values for labels of the shape [2, 2] but received 6.',
  ],
  [
    'a weight too few',
    { labels: [0, 1, 1], classes, sampleWeights: [1, 1] },
    'Expected one sample weight an image but received 2',
  ],
  [
    'a negative weight',
    { labels: [0, 1, 1], classes, sampleWeights: [1, -1, 1] },
    'a finite number of at least 0 for sampleWeights[1]',
  ],
  [
    'an endless weight',
    { labels: [0, 1, 1], classes, sampleWeights: [1, 1, Number.POSITIVE_INFINITY] },
    'for sampleWeights[2]',
  ],
  ['no weight at all', { labels: [0, 1, 1], classes, sampleWeights: [0, 0, 0] }, 'Expected a weight above 0'],
])('refuses %s', (_, options, message) => {
  expect(() => imageArray(pixels, { shape, ...options } as never)).toThrow(message);
});
