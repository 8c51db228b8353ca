import { expect, test } from '@jest/globals';
import { largestDifference, median, slope } from '../../bench/measuring/statistics.ts';

test('the median is the middle one, or the mean of the two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('the slope is the power of a power law', () => {
  const law = (power: number) => [1, 3, 10, 500].map((x) => [x, 7 * x ** power] as const);
  expect(slope(law(1))).toBeCloseTo(1, 12);
  expect(slope(law(-0.5))).toBeCloseTo(-0.5, 12);
  expect(slope(law(0))).toBeCloseTo(0, 12);
});

test('a NaN does not pass for agreement', () => {
  expect(largestDifference([1, 2], [1, 2.5])).toBe(0.5);
  expect(largestDifference([1, Number.NaN, 3], [1, 2, 3])).toBeNaN();
  expect(() => largestDifference([1], [1, 2])).toThrow('1 values cannot be compared with 2.');
});
