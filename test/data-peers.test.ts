import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Dataset } from '../lib/data/dataset.ts';
import { imageFolder } from '../lib/data/image-folder.ts';
import { imageArray } from '../lib/data/in-memory.ts';
import { imageListing } from '../lib/data/listing.ts';
import { setAside } from '../lib/data/set-aside.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';
import { pythonWith, runPeer } from './support/python.ts';

interface Found {
  classes: string[];
  labels: number[];
  paths: string[];
}

interface Peers {
  torchvision: Found;
  keras: Found;
  listings: Found[];
  splits: [number[], number[]][];
}

function found({ classes, labels, source }: Dataset, root: string): Found {
  if (source.kind !== 'files') throw new Error('not files');
  return {
    classes: [...classes],
    labels: [...labels],
    paths: source.paths.map((path) => relative(root, path)),
  };
}

const python = pythonWith('torchvision', 'keras');

(python ? test : test.skip)(
  'folders, listings and what is set aside, as torchvision, Keras and Python have them',
  async () => {
    const names = [
      '1',
      '10',
      '2',
      '__proto__',
      'constructor',
      'Ärger',
      'a b',
      'a,b',
      '\u{1F600}',
      '\uFF21',
      'café',
    ];
    const root = makeFiles(
      temporaryFolder(),
      names.flatMap((name) =>
        ['10.JPG', '2.png', 'B/x.webp', 'b-1.bmp', 'notes.txt', 'a.ppm'].map((file) => `${name}/${file}`),
      ),
    );
    const folder = temporaryFolder();
    const rows = [
      ['path', 'label'],
      ['a.jpg', 'thé, noir'],
      ['b;c.jpg', 'cafè'],
      ['d "e".jpg', '01'],
      ['f.jpg', '1'],
    ];
    makeFiles(
      folder,
      rows.slice(1).map(([path]) => path as string),
    );
    const listings = [
      ['utf-8-sig', ','],
      ['utf-16', '\t'],
      ['latin-1', ';'],
    ].map(([encoding = '', separator = ''], i) => {
      const text = rows
        .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(separator))
        .join('\r\n');
      const file = join(folder, `${i}.csv`);
      const bytes = {
        'utf-8-sig': Buffer.from(`\uFEFF${text}`),
        'utf-16': Buffer.from(`\uFEFF${text}`, 'utf16le'),
        'latin-1': Buffer.from(text, 'latin1'),
      }[encoding] as Buffer;
      writeFileSync(file, bytes);
      return [file, encoding, separator];
    });
    const splits = [
      [10, 0.25],
      [7, 0.5],
      [32, 0.2],
      [3, 0.34],
      [100, 0.29],
    ] as const;
    const peers = runPeer<Peers>(python as string, 'data_sets.py', [
      root,
      JSON.stringify(listings),
      JSON.stringify(splits),
    ]);

    const { train } = await imageFolder(root);
    expect(train.size).toBe(5 * names.length);
    expect(found(train, root)).toEqual(peers.torchvision);
    expect(found(train, root)).toEqual(peers.keras);
    for (const [i, [file = '']] of listings.entries()) {
      expect(found((await imageListing(file)).train, folder)).toEqual(peers.listings[i]);
    }
    for (const [i, [size, share]] of splits.entries()) {
      const labels = new Int32Array(size);
      const data = imageArray(new Uint8Array(size * 3), {
        shape: [size, 1, 1, 3],
        labels,
        classes: ['a', 'b'],
      });
      const sides = setAside(data, share, 0);
      expect([sides.train, sides.validation].map((side) => side.names.map(Number))).toEqual(peers.splits[i]);
    }
  },
);
