import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readConfig } from '../lib/config/file.ts';
import { imageFolder } from '../lib/data/image-folder.ts';
import { imageListing } from '../lib/data/listing.ts';
import { loadImages } from '../lib/data/load-images.ts';
import { writeAtomically } from '../lib/files/atomic-write.ts';
import { requireSpace } from '../lib/files/disk.ts';
import { download } from '../lib/files/download.ts';
import { sha256 } from '../lib/files/sha256.ts';
import { reasonOf } from '../lib/reason.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';

const root = makeFiles(temporaryFolder(), ['file', 'folder/']);
symlinkSync(join(root, 'circle'), join(root, 'circle'));
mkdirSync(join(root, 'listing.csv'));
writeFileSync(join(root, 'file.json'), '{}');
const at = (name: string) => join(root, name);
const long = 'x'.repeat(300);

test.each([
  ['imageFolder', () => imageFolder(at('gone')), 'ERR_DATA_NOT_FOUND', `${at('gone')} does not exist.`],
  ['imageFolder', () => imageFolder(at('file')), 'ERR_DATA_NOT_FOUND', `${at('file')} is not a folder.`],
  [
    'imageFolder',
    () => imageFolder(at('circle')),
    'ERR_DATA_UNREADABLE',
    `${at('circle')} cannot be read: its links lead in a circle.`,
  ],
  [
    'imageFolder',
    () => imageFolder(at(long)),
    'ERR_DATA_UNREADABLE',
    `${at(long)} cannot be read: the name is too long.`,
  ],
  [
    'imageListing',
    () => imageListing(at('listing.csv')),
    'ERR_DATA_UNREADABLE',
    `${at('listing.csv')} cannot be read: it is a folder.`,
  ],
  ['loadImages', () => loadImages(at('circle')), 'ERR_DATA_UNREADABLE', 'its links lead in a circle.'],
  [
    'readConfig',
    () => readConfig(at('folder')),
    'ERR_CONFIG_NOT_FOUND',
    `The configuration ${at('folder')} cannot be read: it is a folder.`,
  ],
  [
    'readConfig',
    () => readConfig(at('file.json/x')),
    'ERR_CONFIG_NOT_FOUND',
    'cannot be read: a part of the path is a file.',
  ],
  [
    'writeAtomically',
    () => writeAtomically(at('gone/x'), 'x'),
    'ERR_WRITE_FAILED',
    `Cannot write ${at('gone/x')}: its folder does not exist.`,
  ],
  [
    'writeAtomically',
    () => writeAtomically(at('folder'), 'x'),
    'ERR_WRITE_FAILED',
    `Cannot write ${at('folder')}: it is a folder.`,
  ],
  [
    'requireSpace',
    async () => requireSpace(at('file/x'), 1, 'It'),
    'ERR_WRITE_FAILED',
    `Cannot write ${at('file/x')}: a part of the path is a file.`,
  ],
  [
    'download',
    () => download('http://127.0.0.1:1/x', at('file/x/y'), { env: {} }),
    'ERR_WRITE_FAILED',
    `Cannot write ${at('file/x')}: a part of the path is a file.`,
  ],
  ['sha256', () => sha256(at('gone')), 'ERR_IO', `${at('gone')} cannot be read: it does not exist.`],
])('%s, %#: one sentence, without the name of a call', async (_, work, code, message) => {
  await expect(work()).rejects.toMatchObject({
    name: 'ThawError',
    code,
    message: expect.stringContaining(message),
  });
});

test('what has no words of its own has those of the system', () => {
  const error = Object.assign(new Error("EXDEV: cross-device link not permitted, rename '/a' -> '/b'"), {
    code: 'EXDEV',
    errno: -18,
  });
  expect(reasonOf(error)).toBe('cross-device link not permitted');
  expect(reasonOf(new Error('no'))).toBe('no');
});
