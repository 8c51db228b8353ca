import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { copyImages, imagesIn } from '../../bench/measuring/subset.ts';
import { makeFiles, numbered, temporaryFolder } from '../support/folders.ts';

test.each([
  [6, [3, 2, 1]],
  [100, [10, 5, 1]],
])('%d images are of all classes alike', async (count, expected) => {
  const source = makeFiles(temporaryFolder(), [
    ...numbered('cat', 10),
    ...numbered('dog', 5),
    ...numbered('emu', 1),
  ]);
  const target = await copyImages(source, temporaryFolder(), count);
  expect(['cat', 'dog', 'emu'].map((name) => readdirSync(join(target, name)).length)).toEqual(expected);
  expect(await imagesIn(target)).toHaveLength(Math.min(16, count));
});
