import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { gpuBenchOptions } from '../bench/gpu/options.ts';
import { photographs } from '../bench/gpu/photographs.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';

describe('the options of bench:gpu', () => {
  test.each([
    [['--nope']],
    [['--only', 'everything']],
    [['--variants', 'fast']],
    [['--runs', '0']],
    [['--device', 'tpu']],
  ])('refuses %j', (args) => {
    expect(() => gpuBenchOptions(args)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  test('a quick run keeps away from measured numbers', () => {
    expect(gpuBenchOptions([])).toMatchObject({ device: 'cuda', runs: 3, out: 'bench/results/gpu.json' });
    expect(gpuBenchOptions(['--quick', '--only', 'checks,speed'])).toMatchObject({
      runs: 1,
      out: 'bench/work/gpu.json',
      sections: ['checks', 'speed'],
    });
  });
});

describe('photographs for bench:gpu', () => {
  test('come class by class in turns, and over again where they are few', () => {
    const folder = temporaryFolder();
    makeFiles(folder, ['a/1.jpg', 'a/2.jpg', 'a/.hidden', 'b/3.jpg']);
    const { paths, labels } = photographs(folder, 5);
    expect(paths?.map((file) => path.basename(file))).toEqual(['1.jpg', '3.jpg', '2.jpg', '3.jpg', '1.jpg']);
    expect([...(labels ?? [])]).toEqual([0, 1, 0, 1, 0]);
    makeFiles(folder, ['c/']);
    expect(() => photographs(folder, 5)).toThrow('no photograph');
  });
});
