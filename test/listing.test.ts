import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Dataset } from '../lib/data/dataset.ts';
import { imageListing } from '../lib/data/listing.ts';
import { loadImages } from '../lib/data/load-images.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';

function listing(name: string, text: string | Uint8Array): string {
  const root = makeFiles(temporaryFolder(), ['a.jpg', 'b.jpg', 'sub/c.jpg', 'sub/d, "e".jpg']);
  writeFileSync(join(root, name), text);
  return join(root, name);
}

function files(dataset: Dataset | undefined): readonly string[] {
  if (dataset?.source.kind !== 'files') throw new Error('not files');
  return dataset.source.paths;
}

test.each([
  ['l.csv', 'photo,label\na.jpg,x\n', "line 1: the header names no column 'path' (photo,label)"],
  ['l.csv', 'path\na.jpg\n', "line 1: the header names no column 'label' (path)"],
  [
    'l.csv',
    'a.jpg,x\nb.jpg,y\n',
    "no column 'path' (a.jpg,x); call it so, or say with pathColumn which it is",
  ],
  [
    'l.csv',
    'path,image,label\n',
    "the header has 'path' and 'image'; say with pathColumn which of them holds",
  ],
  ['l.csv', 'path,Class,label\n', "the header has 'Class' and 'label'; say with labelColumn"],
  ['l.csv', 'path,label,label\n', "the header has 'label' and 'label'"],
  ['l.csv', 'path,label\na.jpg,x\nb.jpg\n', 'line 3: 1 values for the 2 columns of the header'],
  ['l.csv', 'path,label\na.jpg,x,y\n', 'line 2: 3 values for the 2 columns'],
  ['l.csv', 'path,label\na.jpg,x\n,y\n', 'line 3: the path is missing; name the file'],
  ['l.csv', 'path,label\na.jpg,\n', 'line 2: the label is missing; name its class'],
  ['l.csv', 'path,label\n"a.jpg,x\n', 'line'],
  [
    'l.csv',
    'path,label,split\na.jpg,x,train\nb.jpg,y,eval\n',
    "line 3: expected train, val (valid, validation) or test in the column split but received 'eval'",
  ],
  ['l.csv', 'path,label,split\na.jpg,x,\n', 'line 2: expected train, val'],
  ['l.csv', 'path,cat,dog\na.jpg,1,0\nb.jpg,0,0.5\n', "line 3: expected 0 or 1 for 'dog' but received '0.5'"],
  ['l.csv', 'path,width,height\na.jpg,30,40\n', "no column 'label'"],
  [
    'l.csv',
    'path,label\na.jpg,x\nb.jpg,y\n./a.jpg,y\n',
    "lines 2 and 4: they give the classes 'x' and 'y' for ./a.jpg",
  ],
  [
    'l.csv',
    'path,label,split\na.jpg,x,train\nb.jpg,y,train\na.jpg,x,val\n',
    "lines 2 and 4: they say both 'train' and 'validation' for a.jpg",
  ],
  ['l.csv', 'path,label\na.jpg,x|y\nb.jpg,\n', 'give multiLabel: true, where an image may be of no class'],
  ['l.jsonl', '{"path":"a.jpg","label":"x"}\n{path:1}\n', 'line 2: this is not JSON'],
  [
    'l.jsonl',
    '[1]\n',
    'line 1: expected an object such as {"path": "a.jpg", "label": "cat"} but received [1]',
  ],
  ['l.jsonl', '\n{"path":"a.jpg"}\n', "no object has the key 'label'"],
  [
    'l.jsonl',
    '{"path":"a.jpg","label":"x"}\n{"path":5,"label":"x"}\n',
    'line 2: expected a path but received 5 of type number',
  ],
  [
    'l.jsonl',
    '{"path":"a.jpg","label":"x"}\n{"path":"b.jpg","label":null}\n',
    'line 2: the label is missing',
  ],
  [
    'l.jsonl',
    '{"path":"a.jpg","label":{"a":1}}\n',
    'line 1: expected a class name for the label but received an object',
  ],
  ['l.txt', 'a.jpg x\n', 'a listing ends in .csv, .tsv, .jsonl or .ndjson'],
])('%s with %j is refused, with what would be right', async (name, text, message) => {
  await expect(imageListing(listing(name, text))).rejects.toMatchObject({
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
  await expect(imageListing(listing('l.csv', 'path,label\na,x\nb,y\n'))).rejects.toMatchObject({
    code: 'ERR_DATA_NOT_FOUND',
    message: expect.stringContaining("there is a.jpg, so write the files' endings as well"),
  });
  const known = imageListing(listing('l.csv', 'path,label\na.jpg,x\nb.jpg,cats\n'), {
    classes: ['x', 'cat'],
  });
  await expect(known).rejects.toMatchObject({
    code: 'ERR_DATA_UNKNOWN_CLASS',
    message: expect.stringContaining(
      "line 3: the label is 'cats', which is none of the 2 classes; did you mean 'cat'?",
    ),
  });
});

test('files that are not there are counted, and the first is named', async () => {
  const { notes, train } = await imageListing(listing('l.csv', 'path,label\na.jpg,x\ngone.jpg,y\n'));
  expect(train.size).toBe(2);
  expect(notes).toEqual([
    expect.stringMatching(/1 of 2 files listed are not there; the first is .*gone\.jpg \(line 3\)\./),
  ]);
});

const spellings: readonly [string, string, string | Uint8Array][] = [
  ['a byte order mark and CRLF', 'l.csv', '\uFEFFpath,label\r\na.jpg,x\r\n\r\nb.jpg,y\r\n'],
  ['CR alone', 'l.csv', 'path,label\ra.jpg,x\rb.jpg,y\r'],
  ['UTF-16, little end first', 'l.csv', Buffer.from('\uFEFFpath,label\na.jpg,x\nb.jpg,y\n', 'utf16le')],
  ['UTF-16, big end first', 'l.csv', Buffer.from('\uFEFFpath,label\na.jpg,x\nb.jpg,y\n', 'utf16le').swap16()],
  ['UTF-16 without a mark', 'l.csv', Buffer.from('path,label\na.jpg,x\nb.jpg,y\n', 'utf16le')],
  ['tabs', 'l.tsv', 'path\tlabel\na.jpg\tx\nb.jpg\ty\n'],
  ['semicolons', 'l.csv', 'path;label\na.jpg;x\nb.jpg;y\n'],
  ['tabs in a .csv', 'l.csv', '"path, as it is"\tlabel\tpath\n-\tx\ta.jpg\n-\ty\tb.jpg\n'],
  ['blanks, empty lines and values at the end', 'l.csv', 'path, label\n a.jpg , x ,\n,\nb.jpg, y,\n  \n'],
  ['an index without a name', 'l.csv', ',path,label\n0,a.jpg,x\n1,b.jpg,y\n'],
  ["Keras' names", 'l.csv', 'filename,class\na.jpg,x\nb.jpg,y\n'],
  ['names in capitals', 'l.csv', 'Image Path,Class Name\na.jpg,x\nb.jpg,y\n'],
  [
    "Hugging Face's metadata",
    'l.jsonl',
    '{"file_name":"a.jpg","label":"x"}\r\n{"label":"y","file_name":"b.jpg"}\r\n',
  ],
  ['columns of 0 and 1', 'l.csv', 'path,x,y\na.jpg,1,0\nb.jpg,0.0,1.0\n'],
];

test.each(spellings)('%s', async (_, name, text) => {
  const file = listing(name, text);
  const { train, classes } = await imageListing(file);
  expect(classes).toEqual(['x', 'y']);
  expect([...train.labels]).toEqual([0, 1]);
  expect(files(train)).toEqual([join(file, '../a.jpg'), join(file, '../b.jpg')]);
});

test('CSV: columns in any order, quotes, absolute paths', async () => {
  const file = listing('l.csv', '');
  const root = join(file, '..');
  writeFileSync(file, `label,extra,path\ny,1,a.jpg\nx,2,"sub/d, ""e"".jpg"\nx,3,${join(root, 'b.jpg')}\n`);
  const { train, classes } = await imageListing(file);
  expect(classes).toEqual(['x', 'y']);
  expect([...train.labels]).toEqual([1, 0, 0]);
  expect(files(train)).toEqual([join(root, 'a.jpg'), join(root, 'sub/d, "e".jpg'), join(root, 'b.jpg')]);
});

test('Latin-1 is read, and said', async () => {
  const { classes, notes } = await imageListing(
    listing('l.csv', Buffer.from('path,label\na.jpg,thé\nb.jpg,café\n', 'latin1')),
  );
  expect(classes).toEqual(['café', 'thé']);
  expect(notes).toEqual([expect.stringMatching(/is not UTF-8: it was read as Windows-1252 \(Latin-1\)\.$/)]);
});

test('columns of other names are found by option, and a name that is none is answered', async () => {
  const file = listing('l.csv', 'photo,path,kind\na.jpg,1,x\nb.jpg,2,y\n');
  const { classes } = await imageListing(file, { pathColumn: 'photo', labelColumn: 'kind' });
  expect(classes).toEqual(['x', 'y']);
  await expect(imageListing(file, { pathColumn: 'phto' })).rejects.toMatchObject({
    code: 'ERR_DATA_LISTING',
    message: expect.stringContaining("has no column 'phto'; did you mean 'photo'?"),
  });
});

test('labels that are numbers stay apart, also beyond what a double holds', async () => {
  const rows = ['12345678901234567890', '12345678901234567891', '3', '"9"'];
  const names = ['a.jpg', 'b.jpg', 'sub/c.jpg', 'sub/d, \\"e\\".jpg'];
  const json = rows.map((label, i) => `{"path":"${names[i]}","label":${label},"id":12345678901234567892}`);
  const { classes, train } = await imageListing(listing('l.jsonl', json.join('\n')));
  expect(classes).toEqual(['12345678901234567890', '12345678901234567891', '3', '9']);
  expect([...train.labels]).toEqual([0, 1, 2, 3]);
  const truth = '{"path":"a.jpg","label":true}\n{"path":"b.jpg","label":false}\n';
  expect((await imageListing(listing('l.jsonl', truth))).classes).toEqual(['false', 'true']);
});

test('classes may have the names of what every object has', async () => {
  const csv = 'path,label\na.jpg,constructor\nb.jpg,__proto__\nsub/c.jpg,toString\n';
  const { classes, train } = await imageListing(listing('l.csv', csv));
  expect(classes).toEqual(['__proto__', 'constructor', 'toString']);
  expect(train.classCounts()).toEqual([1, 1, 1]);
  const json = '{"path":"a.jpg","label":"x","__proto__":1}\n{"path":"b.jpg","label":"y"}\n';
  expect((await imageListing(listing('l.jsonl', json))).classes).toEqual(['x', 'y']);
});

test('several labels: written with |, as a list, or as columns', async () => {
  const rows = (dataset: Dataset) => [dataset.kind, ...dataset.targets].join(' ');
  const csv = await imageListing(listing('l.csv', 'path,label\na.jpg,x|y\nb.jpg, y \nsub/c.jpg,y | x\n'));
  expect(rows(csv.train)).toBe('multiLabel 1 1 0 1 1 1');
  expect(csv.notes).toEqual([
    expect.stringContaining('multi-label: 2 of 3 images are of several classes, 0 of none'),
  ]);
  const json = '{"path":"a.jpg","labels":["x","y"]}\n{"path":"b.jpg","labels":["y"]}\n';
  expect(rows((await imageListing(listing('l.jsonl', json))).train)).toBe('multiLabel 1 1 0 1');
  const columns = 'path,x,y\na.jpg,1,1\nb.jpg,0,0\n';
  expect(rows((await imageListing(listing('l.csv', columns))).train)).toBe('multiLabel 1 1 0 0');
  const none = listing('l.csv', 'path,label\na.jpg,x|y\nb.jpg,\n');
  expect(rows((await imageListing(none, { multiLabel: true })).train)).toBe('multiLabel 1 1 0 0');
  const name = listing('l.csv', 'path,label\na.jpg,x|y\nb.jpg,z\n');
  expect((await imageListing(name, { multiLabel: false })).classes).toEqual(['x|y', 'z']);
  const once = await imageListing(listing('l.csv', 'path,label\na.jpg,x|y\na.jpg,z\nb.jpg,z\n'));
  expect(rows(once.train)).toBe('multiLabel 1 1 1 0 0 1');
  const blanks = await imageListing(listing('l.csv', 'path,label\na.jpg,x y\nb.jpg,x\nsub/c.jpg,y\n'));
  expect(blanks.notes).toEqual(["'x y' is taken for a class of its own; write x|y where several are meant."]);
});

test('multi-label images are validated on as such, whatever their listing says', async () => {
  const file = listing('l.csv', 'path,label\na.jpg,x|y\nb.jpg,y\n');
  const other = listing('v.csv', 'path,label\na.jpg,x\n');
  const { validation } = await imageListing(file, { validation: other });
  expect([validation?.kind, ...(validation?.targets ?? [])]).toEqual(['multiLabel', 1, 0]);
  const single = imageListing(other, { validation: file, classes: ['x', 'y'] });
  await expect(single).rejects.toMatchObject({ code: 'ERR_DATA_UNKNOWN_CLASS' });
});

test('a column split divides the images, and validationSplit is not used then', async () => {
  const csv =
    'path,label,split\na.jpg,x,train\nb.jpg,y,Training\nsub/c.jpg,y,valid\n"sub/d, ""e"".jpg",x,test\n';
  const {
    train,
    validation,
    test: held,
    notes,
  } = await imageListing(listing('l.csv', csv), { validationSplit: 0.5 });
  expect([train, validation, held].map((side) => [...(side?.labels ?? [])])).toEqual([[0, 1], [1], [0]]);
  expect(notes).toEqual([
    expect.stringMatching(/\(validation\) holds no images of x \(1 of 2 classes\)\.$/),
    expect.stringMatching(/\(test\) holds no images of y \(1 of 2 classes\)\.$/),
    expect.stringMatching(/^validationSplit is not used: .* says itself which 1 images validate\.$/),
  ]);
  const unknown = csv.replace('y,valid', 'z,valid');
  await expect(imageListing(listing('l.csv', unknown))).rejects.toMatchObject({
    code: 'ERR_DATA_UNKNOWN_CLASS',
    message: expect.stringContaining("line 4: the label is 'z'"),
  });
  const nothing = 'path,label,split\na.jpg,x,test\nb.jpg,y,test\n';
  await expect(imageListing(listing('l.csv', nothing))).rejects.toMatchObject({ code: 'ERR_DATA_EMPTY' });
});

test('a file that is listed again is taken once, and told', async () => {
  const csv = 'path,label\na.jpg,x\nb.jpg,y\n./a.jpg,x\nsub/../b.jpg,y\n';
  const { train, notes } = await imageListing(listing('l.csv', csv));
  expect(train.size).toBe(2);
  expect(notes).toEqual([expect.stringContaining('2 rows repeat a file; each file is taken once.')]);
});

test('paths of Windows, and names composed in another way, are found', async () => {
  const nfc = 'caf\u00e9';
  const nfd = 'cafe\u0301';
  const root = makeFiles(temporaryFolder(), [`img/${nfd}/1 ${nfc}.jpg`, `img/${nfc}2/${nfd}.jpg`]);
  const file = join(root, 'l.csv');
  writeFileSync(file, `path,label\nimg\\${nfc}\\1 ${nfd}.jpg,th\u00e9\nimg\\${nfd}2\\${nfc}.jpg,${nfd}\n`);
  const { train, classes } = await imageListing(file);
  expect(files(train)).toEqual([join(root, `img/${nfd}/1 ${nfc}.jpg`), join(root, `img/${nfc}2/${nfd}.jpg`)]);
  expect(classes).toEqual([nfc, 'th\u00e9']);
});

test('a backslash that is part of a name is left as it is', async () => {
  const root = makeFiles(temporaryFolder(), ['a\\b.jpg', 'a/b.jpg', 'c.jpg']);
  const file = join(root, 'l.csv');
  writeFileSync(file, 'path,label\na\\b.jpg,x\nc.jpg,y\n');
  expect(files((await imageListing(file)).train)[0]).toBe(join(root, 'a\\b.jpg'));
});

test('paths are taken from root where it is given', async () => {
  const root = makeFiles(temporaryFolder(), ['a.jpg', 'b.jpg']);
  const file = join(temporaryFolder(), 'l.csv');
  writeFileSync(file, 'path,label\na.jpg,x\nb.jpg,y\n');
  await expect(imageListing(file)).rejects.toMatchObject({
    code: 'ERR_DATA_NOT_FOUND',
    message: expect.stringContaining('unless root names another folder'),
  });
  expect(files((await imageListing(file, { root })).train)).toEqual([
    join(root, 'a.jpg'),
    join(root, 'b.jpg'),
  ]);
  const folder = makeFiles(temporaryFolder(), ['x/1.jpg', 'y/1.jpg']);
  await expect(loadImages(folder, { root })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: `root is an option of listings, and ${folder} is a folder.`,
  });
});

test('a folder to train on and a listing to validate on', async () => {
  const file = listing('l.csv', 'path,label\na.jpg,cat\n');
  const root = makeFiles(temporaryFolder(), ['ant/1.jpg', 'cat/1.jpg']);
  const { train, validation, notes } = await loadImages(root, { validation: file });
  expect(train.size).toBe(2);
  expect([...(validation?.labels ?? [])]).toEqual([1]);
  expect(notes).toEqual([`${file} holds no images of ant (1 of 2 classes).`]);
});
