import { expect, test } from '@jest/globals';
import { extrapolate } from '../../bench/measuring/extrapolate.ts';
import { partFor } from '../../bench/scenarios/end-to-end.ts';

/** A made-up program: seconds for what happens once, and for each epoch of all images. */
function program(once: number, warmUp: number, epoch: number) {
  return (epochs: number, share = 1) => {
    const epochSeconds = Array.from({ length: epochs }, (_, i) => share * epoch + (i === 0 ? warmUp : 0));
    const seconds = once + epochSeconds.reduce((sum, each) => sum + each, 0);
    return { seconds, epochSeconds, scale: 1 / share };
  };
}

test.each([
  [3, 1],
  [2, 0.2],
  [9, 0.5],
])('%d epochs of %d of the images tell what ten of all take', (epochs, share) => {
  const run = program(7, 30, 20);
  expect(extrapolate(run(epochs, share), 10)).toBeCloseTo(run(10).seconds, 9);
});

test('a run that was measured whole is as long as it was', () => {
  const cached = { seconds: 31.5, epochSeconds: [25, 0.5, 0.4], scale: 1 };
  expect(extrapolate(cached, 3)).toBe(31.5);
});

test('a first epoch that is faster than the others adds nothing', () => {
  expect(extrapolate({ seconds: 12, epochSeconds: [4, 5], scale: 1 }, 4)).toBeCloseTo(3 + 4 * 5, 9);
});

test('one outlier among the later epochs does not count', () => {
  const run = { seconds: 1 + 10 + 10 + 90 + 10, epochSeconds: [10, 10, 90, 10], scale: 1 };
  expect(extrapolate(run, 10)).toBeCloseTo(1 + 100, 9);
});

test('what caches is measured whole, except where there is nothing to keep', () => {
  const options = { epochs: 10, quick: false, full: false };
  const cache = { slow: false, caches: true };
  const slow = { slow: true, caches: false };
  expect(partFor(cache, 'head', options)).toEqual({ epochs: 10, share: 1 });
  expect(partFor(cache, 'everything', options)).toEqual({ epochs: 3, share: 1 });
  expect(partFor(slow, 'head', options)).toEqual({ epochs: 2, share: 0.2 });
  expect(partFor(slow, 'head', { ...options, full: true })).toEqual({ epochs: 10, share: 1 });
  expect(partFor(slow, 'head', { ...options, epochs: 1 })).toEqual({ epochs: 1, share: 0.2 });
});
