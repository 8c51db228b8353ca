import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { writeAtomically } from '../lib/files/atomic-write.ts';
import { temporaryFolder } from './support/folders.ts';

test('a failed write leaves the old file and no part of the new one', async () => {
  const root = temporaryFolder();
  const path = join(root, 'folder');
  mkdirSync(path);
  await expect(writeAtomically(path, 'x')).rejects.toMatchObject({ code: 'ERR_WRITE_FAILED' });
  expect(readdirSync(root)).toEqual(['folder']);
  await expect(writeAtomically(join(root, 'no/file'), 'x')).rejects.toMatchObject({
    code: 'ERR_WRITE_FAILED',
    message: expect.stringContaining('its folder does not exist'),
  });
});

test('a full disk is told as that', async () => {
  // /dev/full fails every write with ENOSPC; a link to it stands for a file on a full disk.
  const { symlinkSync } = await import('node:fs');
  const root = temporaryFolder();
  writeFileSync(join(root, 'file'), 'old');
  symlinkSync('/dev/full', join(root, 'file.part'));
  await expect(writeAtomically(join(root, 'file'), 'new')).rejects.toMatchObject({ code: 'ERR_DISK_FULL' });
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('old');
  expect(readdirSync(root)).toEqual(['file']);
});

test('replaces the file', async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, 'file'), 'old');
  await writeAtomically(join(root, 'file'), 'new');
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('new');
  expect(readdirSync(root)).toEqual(['file']);
});

test('writes content in pieces one after another', async () => {
  const root = temporaryFolder();
  const pieces = [Buffer.from('first '), new Uint8Array(0), Buffer.from('second')];
  await writeAtomically(join(root, 'file'), pieces);
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('first second');
});
