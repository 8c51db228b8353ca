import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Dataset } from '../lib/data/dataset.ts';
import { imageFolder } from '../lib/data/image-folder.ts';
import { imageBuffers } from '../lib/data/in-memory.ts';
import { imageListing } from '../lib/data/listing.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';

const image = new Uint8Array(1);
/** Patients of 1 to 8 images each, with the classes in unlike shares. */
const patients = Array.from({ length: 60 }, (_, patient) =>
  Array.from({ length: 1 + ((patient * 7) % 8) }, (_, i) => ({
    patient: `p${patient}`,
    label: (patient + (i % 3 === 0 ? 1 : 0)) % 3,
  })),
).flat();
const labelled = imageBuffers(
  patients.map(() => image),
  { labels: patients.map(({ label }) => label), classes: ['a', 'b', 'c'] },
);
const groups = patients.map(({ patient }) => patient);

function groupsIn({ names }: Dataset): Set<string> {
  return new Set(names.map((name) => groups[Number(name)] as string));
}

test.each([
  [0.1, 0],
  [0.2, 1],
  [0.3, 2],
  [0.5, 3],
])(
  'of %f, seed %i: no group is on both sides, and every class is divided by that share',
  (fraction, seed) => {
    const named = labelled.withClasses(labelled.classes);
    const { train, validation } = named.split(fraction, { seed, groups });
    const held = groupsIn(validation);
    for (const group of groupsIn(train)) expect(held.has(group)).toBe(false);
    expect(train.size + validation.size).toBe(patients.length);
    const totals = labelled.classCounts();
    for (const [i, count] of validation.classCounts().entries()) {
      expect(Math.abs(count - fraction * (totals[i] as number))).toBeLessThanOrEqual(2);
    }
  },
);

test('the seed draws the groups, whatever the order of the images', () => {
  const held = (seed: number, order: number[]) =>
    [
      ...new Set(
        labelled.subset(order).split(0.3, { seed, groups: order.map((i) => groups[i] as string) }).validation
          .names,
      ),
    ].sort();
  const order = patients.map((_, i) => i);
  const names = held(1, order);
  expect(held(1, [...order].reverse())).toEqual(names);
  expect(held(2, order)).not.toEqual(names);
});

test('a class keeps something to train on, and groups that cannot be divided are refused', () => {
  const two = imageBuffers([image, image, image, image], { labels: [0, 0, 1, 1], classes: ['a', 'b'] });
  const { train } = two.split(0.5, { groups: ['x', 'y', 'x', 'y'] });
  expect(train.classCounts()).toEqual([1, 1]);
  expect(() => two.split(0.5, { groups: ['x', 'x', 'y', 'y'] })).toThrow(
    'None of the 2 groups can be set aside for validation: each holds all images of a class.',
  );
  expect(() => two.split(0.5, { groups: ['x'] })).toThrow('Expected 4 names, one an image for groups');
});

test('where every group is larger than what is wanted, one is taken all the same', () => {
  const set = imageBuffers([image, image, image, image], { labels: [0, 1, 0, 1], classes: ['a', 'b'] });
  expect(set.split(0.2, { groups: [1, 1, 2, 2] }).validation.size).toBe(2);
});

test('multi-label images are divided so that every class is, as far as that goes', () => {
  const labels = Array.from({ length: 200 }, (_, i) =>
    ['a', 'b', 'c'].filter((_, j) => i % (2 + 3 * j) === 0),
  );
  const set = imageBuffers(
    labels.map(() => image),
    { labels },
  );
  const { train, validation } = set.split(0.25, { seed: 3 });
  expect(train.size + validation.size).toBe(200);
  expect(Math.abs(validation.size - 50)).toBeLessThanOrEqual(1);
  for (const [i, count] of validation.classCounts().entries()) {
    expect(Math.abs(count - 0.25 * (set.classCounts()[i] as number))).toBeLessThanOrEqual(1);
  }
});

test('folders: a pattern over the path below the folder', async () => {
  const files = ['cat', 'dog'].flatMap((name) =>
    Array.from({ length: 20 }, (_, i) => `${name}/p${i % 5}_${i}.jpg`),
  );
  const root = makeFiles(temporaryFolder(), files);
  const { train, validation, notes } = await imageFolder(root, { validationSplit: 0.4, groupBy: /(p\d)_/g });
  const of = (side: Dataset | undefined) => new Set(side?.names.map((name) => name.slice(0, 2)));
  expect(of(validation).size).toBe(2);
  expect([...of(train)].filter((group) => of(validation).has(group))).toEqual([]);
  expect(notes).toEqual(['groupBy: 2 of 5 groups validate, 16 of 40 images.']);
  const byClass = imageFolder(root, { validationSplit: 0.4, groupBy: '^(cat|dog)/' });
  await expect(byClass).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test.each([
  [{ groupBy: '(q\\d)' }, "groupBy finds no group in 'cat/p1.jpg' (nor in 1 others of 2)."],
  [{ groupBy: 'p\\d' }, 'Expected a pattern with the group in parentheses'],
  [{ groupBy: /(?:p\d)/ }, 'Expected a pattern with the group in parentheses'],
  [{ groupBy: '(p' }, 'groupBy is no pattern'],
  [{ groupBy: '' }, 'Expected a RegExp, or a pattern as text for groupBy'],
  [{ groupBy: 3 as never }, 'Expected a RegExp, or a pattern as text for groupBy'],
])('%j is refused', async (options, message) => {
  const root = makeFiles(temporaryFolder(), ['cat/p1.jpg', 'dog/p2.jpg']);
  await expect(imageFolder(root, options)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
});

test('listings: a column, or a pattern over the path', async () => {
  const names = Array.from({ length: 24 }, (_, i) => `${i}.jpg`);
  const root = makeFiles(temporaryFolder(), names);
  const file = join(root, 'l.csv');
  const rows = names.map((name, i) => `${name},${i % 2 ? 'x' : 'y'},${i % 8}`);
  writeFileSync(file, ['path,label,patient', ...rows].join('\n'));
  const patient = (side: Dataset | undefined) =>
    side?.names.map((name) => Number.parseInt(name, 10) % 8) ?? [];
  const { train, validation } = await imageListing(file, { validationSplit: 0.25, groupBy: 'patient' });
  expect(validation?.classCounts()).toEqual([3, 3]);
  expect(patient(train).filter((group) => patient(validation).includes(group))).toEqual([]);
  const byName = await imageListing(file, { validationSplit: 0.25, groupBy: '(\\d)\\.jpg' });
  const digit = (side: Dataset | undefined) => side?.names.map((name) => name.at(-5));
  expect(digit(byName.train)?.filter((group) => digit(byName.validation)?.includes(group))).toEqual([]);
  await expect(imageListing(file, { groupBy: 'pateint' })).rejects.toMatchObject({
    code: 'ERR_DATA_LISTING',
    message: expect.stringContaining("has no column 'pateint'; did you mean 'patient'?"),
  });
  writeFileSync(file, ['path,label,patient', ...rows, 'x.jpg,x,'].join('\n'));
  await expect(imageListing(file, { groupBy: 'patient' })).rejects.toMatchObject({
    message: expect.stringContaining("line 26: the group is missing: received ''"),
  });
});
