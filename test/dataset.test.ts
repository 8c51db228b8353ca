import { expect, test } from '@jest/globals';
import { Dataset } from '../lib/data/dataset.ts';
import { imageArray, imageBuffers } from '../lib/data/in-memory.ts';
import { nativeDataset } from '../lib/model/native-data.ts';

const classes = ['a', 'b'];
const pixels = new Uint8Array(3 * 2 * 2 * 3).map((_, i) => i);
const shape = [3, 2, 2, 3] as const;

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

const files = (count: number) =>
  ({ kind: 'files', paths: Array.from({ length: count }, (_, i) => `/${i}.jpg`) }) as const;

test('a data set has labels or targets, and its parts fit together', () => {
  const source = files(1);
  expect(() => new Dataset({ classes, source })).toThrow('Expected either labels or targets.');
  const targets = { kind: 'shares', values: [1, 0] } as const;
  expect(() => new Dataset({ classes, source, labels: [0], targets })).toThrow('Expected either');
  expect(() => new Dataset({ classes, source, targets: { ...targets, values: [1] } })).toThrow(
    'Expected 2 targets',
  );
  expect(() => new Dataset({ classes, source, targets: { ...targets, kind: 'one' as never } })).toThrow(
    'targets.kind',
  );
  expect(() => new Dataset({ classes, source, labels: [0], names: [] })).toThrow('1 names, one an image');
});

test('taken, shuffled, divided: labels and weights stay with their images', () => {
  const labels = Array.from({ length: 20 }, (_, i) => i % 2);
  const data = new Dataset({ classes, labels, source: files(20), sampleWeights: labels.map((_, i) => i) });
  const fits = (part: Dataset) => {
    for (const { image, label, sampleWeight } of part) {
      expect([label, sampleWeight]).toEqual([
        Number.parseInt((image as string).slice(1), 10) % 2,
        Number.parseInt((image as string).slice(1), 10),
      ]);
    }
    return part.names;
  };
  expect(fits(data.take(3))).toEqual(['/0.jpg', '/1.jpg', '/2.jpg']);
  expect(data.take(99).size).toBe(20);
  expect(() => data.take(0)).toThrow('a positive integer for count');
  const shuffled = fits(data.shuffle(3));
  expect(shuffled).not.toEqual(data.names);
  expect([...shuffled].sort()).toEqual([...data.names].sort());
  expect(data.shuffle(3).names).toEqual(shuffled);
  expect(data.shuffle(4).names).not.toEqual(shuffled);
  expect(() => data.shuffle(-1)).toThrow('seed');
  const { train, validation } = data.split(0.3, { seed: 1 });
  expect(validation.classCounts()).toEqual([3, 3]);
  expect([...fits(train), ...fits(validation)].sort()).toEqual([...data.names].sort());
  expect(data.split(0.3, { seed: 1, stratify: false }).validation.size).toBe(6);
  expect(() => data.split(0.01)).toThrow(expect.objectContaining({ code: 'ERR_DATA_EMPTY' }));
  expect(() => data.split(1)).toThrow('fraction');
  expect(() => data.split(0.3, { grups: [] } as never)).toThrow('did you mean groups?');
});

test('other orders of the classes, and two data sets in one', () => {
  const one = imageArray(pixels, { shape, labels: [0, 1, 1], classes });
  const turned = one.withClasses(['b', 'a']);
  expect([...turned.labels]).toEqual([1, 0, 0]);
  expect(() => one.withClasses(['a', 'c'])).toThrow(expect.objectContaining({ code: 'ERR_CLASS_NAMES' }));
  const more = one.withClasses(['b', 'c', 'a']);
  expect([...more.labels]).toEqual([...one.labels].map((label) => (label === 0 ? 2 : 0)));
  expect([...more.targets]).toEqual(
    [...more.labels].flatMap((label) => [0, 1, 2].map((i) => Number(i === label))),
  );
  const both = one.concat(turned);
  expect([...both.labels]).toEqual([0, 1, 1, 0, 1, 1]);
  expect(both.classes).toEqual(classes);
  expect(both.source).toMatchObject({ shape: [6, 2, 2, 3], data: Uint8Array.from([...pixels, ...pixels]) });
  const soft = imageArray(pixels, {
    shape,
    labels: [
      [0.5, 0.5],
      [0, 1],
      [1, 0],
    ],
    classes: ['b', 'a'],
    sampleWeights: [2, 2, 2],
  });
  const mixed = one.concat(soft);
  expect([mixed.kind, ...mixed.targets]).toEqual(['shares', 1, 0, 0, 1, 0, 1, 0.5, 0.5, 1, 0, 0, 1]);
  expect([...(mixed.sampleWeights ?? [])]).toEqual([1, 1, 1, 2, 2, 2]);
  const several = imageArray(pixels, { shape, labels: [['a', 'b'], [], ['b']] });
  expect(one.concat(several).kind).toBe('multiLabel');
  expect(several.withClasses(['b', 'a']).targets).toEqual(Float32Array.of(1, 1, 0, 0, 1, 0));
  expect(several.classCounts()).toEqual([1, 2]);
  expect(soft.classCounts()).toEqual([1.5, 1.5]);
  expect(() => soft.concat(several)).toThrow('cannot stand in one data set');
  expect(() => one.concat(new Dataset({ classes, labels: [0], source: files(1) }))).toThrow(
    'Images in decoded pixels and in files cannot stand in one data set.',
  );
  expect(() => one.concat(3 as never)).toThrow('a Dataset for other');
});

test('going through it gives views of pixels, paths or buffers, with one label or a row of them', () => {
  const data = imageArray(pixels, {
    shape,
    labels: [
      [1, 1],
      [0, 0],
      [0, 1],
    ],
    classes,
    multiLabel: true,
  });
  const items = [...data];
  expect(items.map(({ labels, label }) => [label, ...(labels ?? [])])).toEqual([
    [undefined, 1, 1],
    [undefined, 0, 0],
    [undefined, 0, 1],
  ]);
  const view = items[1]?.image;
  if (typeof view !== 'object' || view instanceof Uint8Array) throw new Error('no view');
  expect(view).toEqual({ data: pixels.subarray(12, 24), shape: [2, 2, 3] });
  expect(view.data.buffer).toBe(pixels.buffer);
  expect([...imageBuffers([pixels], { labels: ['a'] })]).toEqual([{ image: pixels, label: 0 }]);
});

test('a data set cannot be changed', () => {
  const data = imageArray(pixels, { shape, labels: [0, 1, 1], classes });
  expect(() => Object.assign(data, { size: 5 })).toThrow(TypeError);
  expect(() => Object.assign(data.classes, ['z'])).toThrow(TypeError);
});

test('the addon takes labels, or shares, with the weights of images', () => {
  const several = imageArray(pixels, { shape, labels: [['a', 'b'], [], ['b']] });
  const weighted = imageArray(pixels, { shape, labels: [0, 1, 1], classes, sampleWeights: [1, 2, 3] });
  expect(nativeDataset(several)).toMatchObject({
    multiLabel: true,
    shares: Float32Array.of(1, 1, 0, 0, 0, 1),
  });
  expect(nativeDataset(weighted)).toMatchObject({
    labels: Int32Array.of(0, 1, 1),
    sampleWeights: Float32Array.of(1, 2, 3),
  });
});
