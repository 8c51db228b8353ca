import { expect, test } from '@jest/globals';
import { apportion, stratifiedSplit } from '../lib/data/split.ts';

const classes = ['a', 'b'];
const names = (count: number) => Array.from({ length: count }, (_, i) => `${i}.jpg`);

function validationNames(files: readonly string[], seed = 1): string[] {
  const labels = files.map(() => 0);
  const { validation } = stratifiedSplit({ classes, labels, names: files, validationSplit: 0.2, seed });
  return validation.map((index) => files[index] as string);
}

test.each([[-0.1], [1], [Number.NaN], ['0.2']])('refuses a share of %p', (validationSplit) => {
  const input = { classes, labels: [0], names: ['x'], validationSplit: validationSplit as number, seed: 0 };
  expect(() => stratifiedSplit(input)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
});

test('each image is on exactly one side', () => {
  const labels = Array.from({ length: 103 }, (_, i) => i % 2);
  const { train, validation } = stratifiedSplit({
    classes,
    labels,
    names: names(103),
    validationSplit: 0.3,
    seed: 5,
  });
  expect([...train, ...validation].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
  expect(validation.length).toBe(31);
});

test('counts are exact by largest remainder, and a class keeps an image for training', () => {
  expect(apportion([10, 10, 10], 0.25)).toEqual([3, 3, 2]);
  expect(apportion([80, 80], 0.2)).toEqual([16, 16]);
  expect(apportion([1, 1, 8], 0.2)).toEqual([0, 0, 2]);
  expect(apportion([1, 2, 100], 0.99)).toEqual([0, 1, 99]);
  expect(apportion([5, 0], 0)).toEqual([0, 0]);
  expect(apportion([3, 3, 3, 3, 3], 0.1)).toEqual([1, 1, 0, 0, 0]);
});

test('a split does not depend on the order of the files', () => {
  const files = names(50);
  expect(validationNames([...files].reverse()).sort()).toEqual(validationNames(files).sort());
});

test('adding a file moves at most one other', () => {
  const files = names(100);
  const before = new Set(validationNames(files));
  for (let i = 0; i < 20; i++) {
    const after = validationNames([...files, `new-${i}.jpg`]);
    const known = after.filter((name) => !name.startsWith('new-'));
    const moved =
      known.filter((name) => !before.has(name)).length +
      [...before].filter((name) => !known.includes(name)).length;
    expect(moved).toBeLessThanOrEqual(1);
  }
});

test('the same file name in another class is drawn independently', () => {
  const files = names(60);
  const labels = [...files.map(() => 0), ...files.map(() => 1)];
  const { validation } = stratifiedSplit({
    classes,
    labels,
    names: [...files, ...files],
    validationSplit: 0.5,
    seed: 1,
  });
  const [first, second] = [0, 1].map((label) =>
    validation.filter((index) => labels[index] === label).map((index) => index % 60),
  );
  expect(first).not.toEqual(second);
});
