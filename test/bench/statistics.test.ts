import { expect, test } from '@jest/globals';
import { extrapolate, median } from '../../bench/measuring/statistics.ts';
import { measuredEpochs } from '../../bench/scenarios/end-to-end.ts';

test.each([3, 2, 9])('%d epochs tell what ten take', (epochs) => {
  // Made up: seconds for what happens once, for warming up, and for each epoch.
  const [once, warmUp, epoch] = [7, 30, 20];
  const measured = Array.from({ length: epochs }, (_, i) => epoch + (i === 0 ? warmUp : 0));
  const seconds = once + warmUp + epochs * epoch;
  expect(extrapolate(seconds, measured, 10)).toBeCloseTo(once + warmUp + 10 * epoch, 9);
});

test('a run that was measured whole is as long as it was', () => {
  expect(extrapolate(31.5, [25, 0.5, 0.4], 3)).toBe(31.5);
});

test('neither a fast first epoch nor an outlier among the later ones counts', () => {
  expect(extrapolate(12, [4, 5], 4)).toBeCloseTo(3 + 4 * 5, 9);
  expect(extrapolate(1 + 10 + 10 + 90 + 10, [10, 10, 90, 10], 10)).toBeCloseTo(1 + 100, 9);
});

test('what caches is measured whole, except where there is nothing to keep', () => {
  const options = { epochs: 10, quick: false, full: false };
  expect(measuredEpochs({ caches: true }, 'head', options)).toBe(10);
  expect(measuredEpochs({ caches: true }, 'everything', options)).toBe(3);
  expect(measuredEpochs({ slow: true }, 'head', options)).toBe(2);
  expect(measuredEpochs({ slow: true }, 'head', { ...options, full: true })).toBe(10);
  expect(measuredEpochs({ slow: true }, 'head', { ...options, epochs: 1 })).toBe(1);
});

test('the median is the middle one, or the mean of the two', () => {
  expect([median([3, 1, 2]), median([10, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
});
