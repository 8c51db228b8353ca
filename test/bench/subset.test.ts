import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { copyCount, copyShare, countImages } from '../../bench/measuring/subset.ts';
import { makeFiles, numbered, temporaryFolder } from '../support/folders.ts';

function folder(): string {
  const root = temporaryFolder();
  return makeFiles(root, [...numbered('cat', 10), ...numbered('dog', 5), ...numbered('emu', 1)]);
}

test('a share is even over the classes, and leaves none of them out', async () => {
  const source = folder();
  const target = await copyShare(source, temporaryFolder(), 0.2);
  expect(await countImages(source)).toBe(16);
  expect(readdirSync(join(target, 'cat'))).toEqual(['000.jpg', '005.jpg']);
  expect(readdirSync(join(target, 'dog'))).toHaveLength(1);
  expect(readdirSync(join(target, 'emu'))).toHaveLength(1);
});

test('a count takes one of each class in turn', async () => {
  const target = await copyCount(folder(), temporaryFolder(), 6);
  expect(await countImages(target)).toBe(6);
  expect(readdirSync(join(target, 'cat'))).toHaveLength(3);
  expect(readdirSync(join(target, 'dog'))).toHaveLength(2);
});

test('more than there are is all that there are', async () => {
  expect(await countImages(await copyCount(folder(), temporaryFolder(), 100))).toBe(16);
});
