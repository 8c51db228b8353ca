import { expect, test } from '@jest/globals';
import { Dataset } from '../lib/data/dataset.ts';
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

test('a subset has the images asked for, in that order', () => {
  const data = imageArray(pixels, { shape, labels: [0, 1, 1], classes });
  const part = data.subset([2, 0]);
  expect([...part.labels]).toEqual([1, 0]);
  expect(part.source).toEqual({
    kind: 'pixels',
    shape: [2, 2, 2, 3],
    data: Uint8Array.from([...pixels.subarray(24, 36), ...pixels.subarray(0, 12)]),
  });
  expect(() => data.subset([3])).toThrow(/indices\[0\]/);
  expect(() => data.subset([])).toThrow(expect.objectContaining({ code: 'ERR_DATA_EMPTY' }));
});

test('a data set keeps its own labels and classes', () => {
  const labels = [0, 1];
  const names = ['a', 'b'];
  const data = new Dataset({ classes: names, labels, source: { kind: 'files', paths: ['1', '2'] } });
  labels[0] = 1;
  names[0] = 'z';
  expect(data.labels[0]).toBe(0);
  expect(data.classes[0]).toBe('a');
});
