import { expect, test } from '@jest/globals';
import { advice, cacheNote, timeNote } from '../lib/cli/run-notes.ts';
import { resolveConfig } from '../lib/config/resolve.ts';
import type { TrainBegin } from '../lib/model/callbacks.ts';
import type { CacheFacts, CacheMode, CacheOptions } from '../lib/model/feature-cache.ts';
import { fitOptions } from '../lib/model/fit-options.ts';
import type { TimeSpent } from '../lib/model/history.ts';

const off: CacheFacts = { place: 'off', bytes: 5e9, images: 50, found: 0, reason: 'it was turned off' };
const memory: CacheFacts = { place: 'memory', bytes: 3_276_800, images: 800, found: 0 };
const disk: CacheFacts = {
  place: 'disk',
  bytes: 8e9,
  images: 90,
  found: 88,
  file: 'run/cache/train.features',
};

function begin(facts: Partial<TrainBegin>): TrainBegin {
  return {
    batches: 4,
    batchSize: 32,
    steps: 4,
    precision: 'float32',
    device: 'cpu',
    startEpoch: 0,
    trainableParameters: 1,
    boundary: 'layer4.1',
    trainCache: memory,
    validationCache: off,
    startBatch: 0,
    epochs: [],
    notes: [],
    ...facts,
  };
}

function time(spent: Partial<TimeSpent>): TimeSpent {
  return { total: 100, waiting: 0, frozen: 0, cache: 0, trained: 0, validation: 0, checkpoint: 0, ...spent };
}

test('what is kept, where, how large, and why not', () => {
  expect(cacheNote(begin({ boundary: '' }))).toBeUndefined();
  expect(cacheNote(begin({ validationCache: { ...memory, bytes: 1_396_736 } }))).toBe(
    'frozen layers: computed once for each image; their outputs (4.7 MB after layer4.1) are kept in memory',
  );
  expect(cacheNote(begin({ trainCache: disk, validationCache: memory }))).toBe(
    'frozen layers: computed once for each image; their outputs (8.0 GB after layer4.1) are kept in ' +
      'run/cache/train.features (88 of 90 found there) and in memory',
  );
  expect(cacheNote(begin({ trainCache: off, validationCache: memory }))).toContain(
    'once for each validation image',
  );
  expect(cacheNote(begin({ trainCache: off }))).toBe(
    'frozen layers: computed in every epoch, as it was turned off',
  );
});

test('where the time went, the largest share first; on a GPU the kinds of computing are not told apart', () => {
  const spent = time({ waiting: 5, frozen: 60, trained: 20, validation: 10, cache: 0.2 });
  expect(timeNote(spent, 'cpu')).toBe(
    'time: frozen layers 60 %, trained layers 20 %, validation 10 %, waiting for images 5 %, other 5 %',
  );
  expect(timeNote(spent, 'cuda:0')).toBe('time: computing 85 %, validation 10 %, waiting for images 5 %');
});

test('the one setting that would save most time, where one does', () => {
  const config = (values: object) => resolveConfig([{ data: 'd', ...values }]);
  const frozen = time({ frozen: 70, trained: 30 });
  const recomputed = begin({ trainCache: off });
  expect(advice(frozen, 'cpu', recomputed, config({ cache: 'off' }))).toContain('--cache auto');
  expect(advice(frozen, 'cpu', recomputed, config({ augment: 'flip' }))).toContain('--cache-views');
  expect(advice(frozen, 'cpu', recomputed, config({ cacheMemory: 1 }))).toContain('--cache-memory');
  expect(advice(frozen, 'cpu', begin({}), config({}))).toBeUndefined();
  const waiting = time({ waiting: 60, trained: 40 });
  expect(advice(waiting, 'cpu', begin({}), config({ threads: 1 }))).toContain('--threads 0');
  expect(advice(waiting, 'cpu', begin({}), config({}))).toContain('smaller image files');
  expect(advice(frozen, 'cpu', begin({}), config({ precision: 'float32' }))).toContain('--precision auto');
  expect(advice(frozen, 'cuda:0', begin({}), config({}))).toContain('--batch-size auto');
  expect(advice(frozen, 'cuda:0', begin({}), config({ batchSize: 'auto' }))).toBeUndefined();
});

test('options of the cache', () => {
  const cacheOptions = (cache?: CacheMode | CacheOptions) => fitOptions({ cache }).cache;
  expect(cacheOptions()).toEqual({ mode: 'auto', memory: expect.any(Number) });
  expect(cacheOptions().memory).toBeGreaterThan(0);
  expect(cacheOptions({ mode: 'disk', directory: 'd', memory: 5 })).toEqual({
    mode: 'disk',
    directory: 'd',
    memory: 5,
  });
  expect(() => cacheOptions('disk')).toThrow('cache.directory');
  expect(() => cacheOptions('on' as 'off')).toThrow("one of 'auto', 'disk', 'off'");
  expect(() => cacheOptions({ memroy: 3 } as object)).toThrow('did you mean memory?');
});
