import { linkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { check, metFindings, quickCheck } from '../lib/check/check.ts';
import type { CheckedImage } from '../lib/check/images.ts';
import { suspiciousLabels } from '../lib/check/labels.ts';
import { nearlySame } from '../lib/check/near.ts';
import { loadImages } from '../lib/data/load-images.ts';
import type { NativeExamined } from '../lib/native-run.ts';
import { fakeLibrary } from './support/fake-model.ts';
import { makeFiles, temporaryFolder, writeTree } from './support/folders.ts';

const { digests } = fakeLibrary().api;

/** A folder with these contents by path, divided where the paths say so. */
async function checked(files: Readonly<Record<string, string>>) {
  const root = writeTree(temporaryFolder(), files);
  const data = await loadImages(root);
  return { root, data, found: await quickCheck(data, digests) };
}

const kinds = (found: readonly { kind: string; names: readonly string[] }[], root: string) =>
  found.map(({ kind, names }) => [kind, ...names.map((name) => name.replace(`${root}/`, ''))]);

test('the same bytes in two classes, on two sides and twice in a class are told apart', async () => {
  const { root, found } = await checked({
    'train/cat/1.jpg': 'A',
    'train/cat/2.jpg': 'B',
    'train/cat/3.jpg': 'B',
    'train/dog/1.jpg': 'A',
    'train/dog/2.jpg': 'C',
    'train/dog/3.jpg': 'D',
    'val/cat/1.jpg': 'E',
    'val/dog/1.jpg': 'C',
    'test/cat/1.jpg': 'D',
    'test/dog/1.jpg': 'E',
  });
  expect(kinds(found, root)).toEqual([
    ['sameInTwoClasses', 'train/cat/1.jpg', 'train/dog/1.jpg'],
    ['sameInClass', 'train/cat/2.jpg', 'train/cat/3.jpg'],
    ['sameInValidation', 'train/dog/2.jpg', 'val/dog/1.jpg'],
    ['sameInTwoClasses', 'train/dog/3.jpg', 'test/cat/1.jpg'],
    ['sameInValidation', 'train/dog/3.jpg', 'test/cat/1.jpg'],
    ['sameInTwoClasses', 'val/cat/1.jpg', 'test/dog/1.jpg'],
  ]);
  expect(found[2]?.reason).toBe('the same bytes, dog in train and validation');
});

test('one file in two classes is told once, by what reads the folder', async () => {
  const root = writeTree(temporaryFolder(), {
    'cat/1.jpg': 'A',
    'cat/2.jpg': 'B',
    'dog/1.jpg': 'C',
    'dog/2.jpg': 'D',
  });
  linkSync(join(root, 'cat/1.jpg'), join(root, 'dog/3.jpg'));
  const data = await loadImages(root);
  expect(await quickCheck(data, digests)).toEqual([]);
  expect(data.findings.map(({ kind }) => kind)).toEqual(['fileInTwoClasses']);
});

test('ends that are the same are not enough, and what cannot be read is like nothing', async () => {
  const root = makeFiles(temporaryFolder(), ['cat/1.jpg', 'cat/2.jpg', 'dog/1.jpg', 'dog/2.jpg']);
  const data = await loadImages(root);
  const calls: [string[], boolean][] = [];
  const found = await quickCheck(data, async (paths, whole) => {
    calls.push([paths.map((path) => path.slice(root.length + 1)), whole]);
    return whole ? ['a', 'b', 'b'] : ['same', 'same', 'same', ''];
  });
  expect(calls).toEqual([
    [['cat/1.jpg', 'cat/2.jpg', 'dog/1.jpg', 'dog/2.jpg'], false],
    [['cat/1.jpg', 'cat/2.jpg', 'dog/1.jpg'], true],
  ]);
  expect(kinds(found, root)).toEqual([['sameInTwoClasses', 'cat/2.jpg', 'dog/1.jpg']]);
});

test('classes with too few images are named', async () => {
  const { found } = await checked({
    'train/ant/1.jpg': 'A',
    'train/bee/1.jpg': 'B',
    'train/bee/2.jpg': 'C',
    'val/ant/1.jpg': 'D',
    'val/ant/2.jpg': 'E',
  });
  expect(kinds(found, '')).toEqual([
    ['oneImage', 'ant'],
    ['oneClassInValidation', 'ant'],
  ]);
  const root = makeFiles(temporaryFolder(), ['1.jpg', '2.jpg', '3.jpg']);
  const file = join(root, 'l.csv');
  writeFileSync(file, 'path,a,b,split\n1.jpg,1,0,train\n2.jpg,1,0,train\n3.jpg,0,1,val\n');
  const only = await quickCheck(await loadImages(file), async (paths) => paths.map(() => ''));
  expect(kinds(only, '')).toEqual([
    ['onlyInValidation', 'b'],
    ['oneClassInValidation', 'b'],
  ]);
});

test('a class of which no image could be read, and images that changed, are told at the end', async () => {
  const { root, data } = await checked({ 'a/1.jpg': 'A', 'a/2.jpg': 'B', 'b/1.jpg': 'C', 'b/2.jpg': 'D' });
  const skip = (name: string) => ({ name: join(root, name), code: 'ERR_IMAGE_DECODE', reason: 'cut short' });
  const found = metFindings(data, {
    skipped: [skip('a/1.jpg'), skip('a/2.jpg'), skip('b/1.jpg')],
    changed: [{ name: join(root, 'b/2.jpg'), reason: 'it is no longer there' }],
  });
  expect(kinds(found, root)).toEqual([
    ['unreadableClass', 'a'],
    ['unreadable', 'a/1.jpg'],
    ['unreadable', 'a/2.jpg'],
    ['unreadable', 'b/1.jpg'],
    ['changed', 'b/2.jpg'],
  ]);
});

const image = (path: string, label: string, side: CheckedImage['side'] = 'train'): CheckedImage => ({
  path,
  label,
  side,
});

test('nearly the same images are groups, without those that are the same', () => {
  const images = [
    image('0', 'a'),
    image('unread', 'a'),
    image('1', 'a'),
    image('2', 'b', 'validation'),
    image('3', 'b'),
    image('4', 'b'),
  ];
  const examined: NativeExamined = {
    skipped: [],
    samples: [0, 2, 3, 4, 5],
    neighbours: 2,
    nearest: [1, 2, 2, 0, 1, 0, 4, 0, 3, 0],
    cosines: [0.97, 0.9, 0.98, 0.97, 0.98, 0.9, 1, 0.1, 1, 0.1],
    outside: [],
  };
  const same = [{ kind: 'sameInClass' as const, decided: 'kept' as const, names: ['3', '4'], reason: '' }];
  expect(nearlySame(images, examined, 0.95, same)).toEqual([
    {
      kind: 'nearlySameInValidation',
      decided: 'kept',
      names: ['0', '1', '2'],
      reason: 'cosine 0.970, a and b in train and validation',
      score: 0.97,
    },
  ]);
  expect(nearlySame(images, examined, 0.975, [])).toMatchObject([
    { names: ['3', '4'] },
    { names: ['1', '2'] },
  ]);
  expect(nearlySame(images, examined, 1, same)).toEqual([]);
});

test('suspicious labels are those that another class beats, the surest first', () => {
  const images = [image('0', 'a'), image('1', 'a'), image('2', 'b'), image('3', 'b')];
  const examined: NativeExamined = {
    skipped: [],
    samples: [0, 1, 2, 3],
    neighbours: 0,
    nearest: [],
    cosines: [],
    outside: [0.2, 0.8, 0.9, 0.1, 0.95, 0.05, 0.6, 0.4],
  };
  const found = suspiciousLabels(images, ['a', 'b'], examined, 0.3);
  expect(
    found.map(({ names, label, likely, score }) => [names[0], label, likely, score?.toFixed(2)]),
  ).toEqual([
    ['2', 'b', 'a', '0.90'],
    ['0', 'a', 'b', '0.60'],
  ]);
  expect(found[0]?.reason).toBe('labelled b, looks like a (0.90)');
});

test('everything is one list, in which what reading has told stands first', async () => {
  const { data } = await checked({ 'a/1.jpg': 'A', 'a/x.txt': 'A', 'b/1.jpg': 'C', 'b/2.jpg': 'C' });
  const result = await check({
    data,
    digests,
    examine: (images) => fakeLibrary().api.examine(images, {}),
    near: 0.95,
    doubt: 0.3,
  });
  expect(result.findings.map(({ kind, decided }) => [kind, decided])).toEqual([
    ['leftOut', 'leftOut'],
    ['oneImage', 'kept'],
    ['sameInClass', 'kept'],
  ]);
  expect(result.counts).toEqual([
    { name: 'a', train: 1 },
    { name: 'b', train: 2 },
  ]);
});
