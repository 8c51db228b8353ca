import { expect, test } from '@jest/globals';
import { median } from '../../bench/measuring/statistics.ts';

test('the median is the middle one, or the mean of the two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});
