import { linkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Dataset } from '../lib/data/dataset.ts';
import { imageFolder } from '../lib/data/image-folder.ts';
import { imageListing } from '../lib/data/listing.ts';
import { makeFiles, numbered, temporaryFolder } from './support/folders.ts';

function paths(dataset: Dataset | undefined, root: string): string[] {
  if (dataset?.source.kind !== 'files') throw new Error('not files');
  return dataset.source.paths.map((path) => relative(root, path));
}

const folders = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

test('class folders that link to each other keep their own images, and no more', async () => {
  const root = makeFiles(
    temporaryFolder(),
    folders.flatMap((name) => numbered(name, 3)),
  );
  for (const from of folders) {
    for (const to of folders) if (from !== to) symlinkSync(`../${to}`, join(root, from, `to-${to}`));
  }
  const { train, notes, leftOut } = await imageFolder(root);
  expect(paths(train, root)).toEqual(folders.flatMap((name) => numbered(name, 3)));
  expect(train.classCounts()).toEqual([3, 3, 3, 3, 3, 3, 3]);
  expect(notes).toEqual([
    '42 linked folders are left out: they lead to where other classes lie (a/to-b, ...).',
  ]);
  expect(leftOut[0]?.names).toHaveLength(42);
});

test('links to a parent, to a part of another class and back into the own class are not followed', async () => {
  const root = makeFiles(temporaryFolder(), [
    ...numbered('data/cat/deep', 2),
    ...numbered('data/dog/deep', 2),
    ...numbered('pool/birds', 1),
  ]);
  const data = join(root, 'data');
  symlinkSync('..', join(data, 'cat/parent'));
  symlinkSync('../..', join(data, 'cat/above'));
  symlinkSync('../dog/deep', join(data, 'cat/other'));
  symlinkSync('deep', join(data, 'cat/again'));
  symlinkSync('.', join(data, 'dog/self'));
  symlinkSync('.', join(data, 'everything'));
  symlinkSync('..', join(data, 'more'));
  symlinkSync(join(root, 'pool/birds'), join(data, 'bird'));
  const { train, classes, notes } = await imageFolder(data);
  expect(classes).toEqual(['bird', 'cat', 'dog']);
  expect(paths(train, data)).toEqual([
    'bird/000.jpg',
    ...numbered('cat/deep', 2),
    ...numbered('dog/deep', 2),
  ]);
  expect([...notes].sort()).toEqual([
    '2 linked folders are left out: their images are in the class already (cat/again, ...).',
    '5 linked folders are left out: they lead to where other classes lie (everything, ...).',
  ]);
});

test('a set built of links is read through them, each file once in a class', async () => {
  const root = makeFiles(temporaryFolder(), [...numbered('pool', 4), 'extra/x.jpg', 'extra/y.jpg']);
  makeFiles(root, ['set/cat/', 'set/dog/']);
  for (const [name, from] of [
    ['set/cat/1.jpg', 'pool/000.jpg'],
    ['set/cat/2.jpg', 'pool/001.jpg'],
    ['set/cat/more', 'extra'],
    ['set/cat/x-again.jpg', 'extra/x.jpg'],
    ['set/dog/1.jpg', 'pool/002.jpg'],
  ] as const) {
    symlinkSync(join(root, from), join(root, name));
  }
  linkSync(join(root, 'pool/002.jpg'), join(root, 'set/dog/hard.jpg'));
  const set = join(root, 'set');
  const { train, notes } = await imageFolder(set);
  expect(paths(train, set)).toEqual([
    'cat/1.jpg',
    'cat/2.jpg',
    'cat/x-again.jpg',
    'cat/more/y.jpg',
    'dog/hard.jpg',
  ]);
  expect([...notes].sort()).toEqual([
    '2 linked files are left out: they are in their class already under another name (cat/more/x.jpg, ...).',
  ]);
});

test('a file in two classes, and one on two sides, is reported and kept', async () => {
  const root = makeFiles(temporaryFolder(), [
    ...numbered('train/cat', 2),
    ...numbered('train/dog', 2),
    'val/cat/a.jpg',
    'val/dog/b.jpg',
  ]);
  symlinkSync('../cat/001.jpg', join(root, 'train/dog/seen.jpg'));
  symlinkSync('../../train/cat/000.jpg', join(root, 'val/cat/leaked.jpg'));
  symlinkSync('../../val/cat', join(root, 'train/cat/validation'));
  const { train, validation, notes, findings } = await imageFolder(root);
  expect(train.size).toBe(5);
  expect(validation?.size).toBe(3);
  expect(notes).toEqual([
    `1 file is in several classes: ${join(root, 'train/cat/001.jpg')} is also ${join(root, 'train/dog/seen.jpg')}.`,
    `1 file is trained on and validated on as well: ${join(root, 'train/cat/000.jpg')}.`,
    '1 linked folder is left out: it leads to where other classes lie (train/cat/validation).',
  ]);
  expect(findings).toEqual([
    {
      kind: 'fileInTwoClasses',
      decided: 'kept',
      names: ['train/cat/001.jpg', 'train/dog/seen.jpg'].map((name) => join(root, name)),
      reason: 'one file is in several classes',
    },
    {
      kind: 'sameInValidation',
      decided: 'kept',
      names: ['train/cat/000.jpg', 'val/cat/leaked.jpg'].map((name) => join(root, name)),
      reason: 'one file is trained on and validated on',
    },
    {
      kind: 'leftOut',
      decided: 'leftOut',
      names: ['train/cat/validation'],
      reason: 'linked folder: it leads to where other classes lie',
    },
  ]);
});

test('rows of a listing that mean one file through links count once in a class', async () => {
  const root = makeFiles(temporaryFolder(), ['1.jpg', '2.jpg', '3.jpg']);
  symlinkSync('1.jpg', join(root, 'one.jpg'));
  symlinkSync('2.jpg', join(root, 'two.jpg'));
  symlinkSync('3.jpg', join(root, 'three.jpg'));
  const rows = ['1.jpg,cat,train', 'one.jpg,cat,train', '2.jpg,cat,train', 'two.jpg,dog,train'];
  const file = join(root, 'l.csv');
  writeFileSync(file, ['path,label,split', ...rows, '3.jpg,dog,train', 'three.jpg,dog,val'].join('\n'));
  const { train, validation, notes } = await imageListing(file);
  expect(paths(train, root)).toEqual(['1.jpg', '2.jpg', 'two.jpg', '3.jpg']);
  expect(paths(validation, root)).toEqual(['three.jpg']);
  expect(notes).toEqual([
    `1 file is in several classes: ${join(root, '2.jpg')} is also ${join(root, 'two.jpg')}.`,
    `${file} (validation) holds no images of cat (1 of 2 classes).`,
    `1 file is trained on and validated on as well: ${join(root, '3.jpg')}.`,
    '1 file is left out: it is in its class already under another name (one.jpg).',
  ]);
  const several = join(root, 'several.csv');
  writeFileSync(several, 'path,label\n1.jpg,cat|sun\none.jpg,dog\n2.jpg,dog\n');
  const many = await imageListing(several);
  expect([...many.train.targets]).toEqual([1, 1, 1, 0, 1, 0]);
});
