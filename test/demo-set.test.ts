import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nativeApi } from '../lib/cli/native-api.ts';
import { demoImages, imagesPerClass } from '../lib/demo/demo-set.ts';
import { drawImage } from '../lib/demo/draw.ts';
import { kinds } from '../lib/demo/patterns.ts';
import { temporaryFolder } from './support/folders.ts';

const writeRaw = (path: string, rgb: Uint8Array) => writeFileSync(path, rgb);

test('a failure leaves nothing behind, and says what it could not write', async () => {
  const root = temporaryFolder();
  let written = 0;
  const full = () => {
    if (++written > 40) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
  await expect(demoImages(root, full)).rejects.toMatchObject({ code: 'ERR_DISK_FULL' });
  expect(readdirSync(root)).toEqual([]);
});

// A file system of 64 KiB, which only root can have.
const small = temporaryFolder();
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]).status === 0;
const testOnFullDisk = mounted ? test : test.skip;

testOnFullDisk(
  'a disk that is full is called full, by the addon too (skipped where nothing may be mounted)',
  async () => {
    try {
      const { writeImage } = await nativeApi();
      await expect(demoImages(small, writeImage)).rejects.toMatchObject({
        code: 'ERR_DISK_FULL',
        message: expect.stringContaining('Free some space'),
      });
      expect(readdirSync(small)).toEqual([]);
    } finally {
      // Before the folder is removed.
      spawnSync('umount', [small]);
    }
  },
);

test('draws a folder a class once, the same every time', async () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  const folder = await demoImages(first, writeRaw);
  expect(readdirSync(folder).sort()).toEqual(Object.keys(kinds).sort());
  for (const name of readdirSync(folder))
    expect(readdirSync(join(folder, name))).toHaveLength(imagesPerClass);
  const again = await demoImages(first, () => {
    throw new Error('drawn twice');
  });
  expect(again).toBe(folder);
  await demoImages(second, writeRaw);
  expect(existsSync(folder)).toBe(true);
  expect(drawImage(kinds.dots as never, 5)).toEqual(drawImage(kinds.dots as never, 5));
  expect(drawImage(kinds.dots as never, 5)).not.toEqual(drawImage(kinds.dots as never, 6));
});

test('two that draw at once both get the set', async () => {
  const root = temporaryFolder();
  const slowly = async (path: string, rgb: Uint8Array) => {
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(path, rgb);
  };
  const folders = await Promise.all([demoImages(root, slowly), demoImages(root, slowly)]);
  expect(folders[0]).toBe(folders[1]);
  expect(readdirSync(root)).toHaveLength(1);
});

test('the images of a class differ in colour and size from one another', () => {
  const images = Array.from({ length: 8 }, (_, i) => drawImage(kinds.stripes as never, i));
  expect(new Set(images.map(({ width, height }) => `${width}x${height}`)).size).toBeGreaterThan(4);
  for (const { rgb, width, height } of images) {
    expect(rgb.length).toBe(width * height * 3);
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(64);
    expect(Math.max(width, height)).toBeLessThanOrEqual(128);
  }
});
