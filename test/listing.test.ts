import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { imageListing } from '../lib/data/listing.ts';
import { loadImages } from '../lib/data/load-images.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';

function listing(name: string, text: string): string {
  const root = makeFiles(temporaryFolder(), ['a.jpg', 'b.jpg', 'sub/c.jpg', 'sub/d, "e".jpg']);
  writeFileSync(join(root, name), text);
  return join(root, name);
}

test.each([
  ['list.csv', 'file,label\na.jpg,x\n', "line 1: the header names no column 'path' (it reads file,label)"],
  ['list.csv', 'path\na.jpg\n', "line 1: the header names no column 'label'"],
  ['list.csv', 'path,label\na.jpg,x\nb.jpg\n', 'line 3:'],
  ['list.csv', 'path,label\na.jpg,x\n,y\n', 'line 3: the path is missing'],
  ['list.csv', 'path,label\na.jpg,\n', 'line 2: the label is missing'],
  ['list.csv', 'path,label\n"a.jpg,x\n', 'line'],
  ['list.jsonl', '{"path":"a.jpg","label":"x"}\n{path:1}\n', 'line 2: this is not JSON'],
  ['list.jsonl', '[1]\n', 'line 1: expected an object with path and label'],
  ['list.jsonl', '\n{"path":"a.jpg"}\n', 'line 2: the label is missing'],
  ['list.txt', 'a.jpg x\n', 'a listing ends in .csv, .jsonl or .ndjson'],
])('%s with %j is refused at its line', async (name, text, message) => {
  const file = listing(name, text);
  await expect(imageListing(file)).rejects.toMatchObject({
    code: 'ERR_DATA_LISTING',
    message: expect.stringContaining(message),
  });
});

test('refuses what holds nothing, one class, or paths that lead nowhere', async () => {
  await expect(imageListing('/nowhere.csv')).rejects.toMatchObject({ code: 'ERR_DATA_NOT_FOUND' });
  await expect(imageListing(listing('l.csv', 'path,label\n'))).rejects.toMatchObject({
    code: 'ERR_DATA_EMPTY',
  });
  await expect(imageListing(listing('l.csv', ''))).rejects.toMatchObject({ code: 'ERR_DATA_LISTING' });
  await expect(imageListing(listing('l.csv', 'path,label\na.jpg,x\nb.jpg,x\n'))).rejects.toMatchObject({
    code: 'ERR_DATA_ONE_CLASS',
  });
  await expect(imageListing(listing('l.csv', 'path,label\nno/a.jpg,x\nno/b.jpg,y\n'))).rejects.toMatchObject({
    code: 'ERR_DATA_NOT_FOUND',
    message: expect.stringContaining('line 2'),
  });
  const known = imageListing(listing('l.csv', 'path,label\na.jpg,x\nb.jpg,cats\n'), {
    classes: ['x', 'cat'],
  });
  await expect(known).rejects.toMatchObject({
    code: 'ERR_DATA_UNKNOWN_CLASS',
    message: expect.stringContaining("line 3: 'cats' is none of the 2 classes; did you mean 'cat'?"),
  });
});

test('CSV: columns in any order, quotes, a byte order mark, CRLF, absolute paths', async () => {
  const file = listing('l.csv', '');
  const root = join(file, '..');
  writeFileSync(
    file,
    `\uFEFFlabel,extra,path\r\ny,1,a.jpg\r\n\r\nx,2,"sub/d, ""e"".jpg"\r\nx,3,${join(root, 'b.jpg')}\r\n`,
  );
  const { train, classes } = await imageListing(file);
  expect(classes).toEqual(['x', 'y']);
  expect([...train.labels]).toEqual([1, 0, 0]);
  expect(train.source).toEqual({
    kind: 'files',
    paths: [join(root, 'a.jpg'), join(root, 'sub/d, "e".jpg'), join(root, 'b.jpg')],
  });
});

test('JSON Lines, labels as numbers too', async () => {
  const file = listing(
    'l.jsonl',
    '{"path":"a.jpg","label":1}\n\n{"path":"sub/c.jpg","label":"0","width":3}\n',
  );
  const { train, classes } = await imageListing(file);
  expect(classes).toEqual(['0', '1']);
  expect([...train.labels]).toEqual([1, 0]);
});

test('a folder to train on and a listing to validate on', async () => {
  const file = listing('l.csv', 'path,label\na.jpg,cat\n');
  const root = makeFiles(temporaryFolder(), ['ant/1.jpg', 'cat/1.jpg']);
  const { train, validation } = await loadImages(root, { validation: file });
  expect(train.size).toBe(2);
  expect([...(validation?.labels ?? [])]).toEqual([1]);
});
