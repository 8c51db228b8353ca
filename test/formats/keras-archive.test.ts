import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { isKeras } from '../../lib/formats/keras/is-keras.ts';
import { readKeras } from '../../lib/formats/keras/read.ts';
import { writeKeras } from '../../lib/formats/keras/write.ts';
import { arranged } from '../../lib/formats/topology/arrange.ts';
import { modelConfig } from '../../lib/formats/topology/write.ts';
import { linearHead } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { differing } from '../support/compare-models.ts';
import { drawnModel } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { readingKeras } from '../support/reading-keras.ts';

const folder = temporaryFolder();
const file = (name: string) => path.join(folder, name);
const reading = (bytes: Uint8Array) => readingKeras(file('hostile'), bytes);

const FORMAT = 'ERR_WEIGHTS_FORMAT the file cannot be read: ';

const small = { 'metadata.json': Buffer.from('{}'), 'config.json': Buffer.from('{}') };

test('names that lead out of them, and entries twice', async () => {
  for (const name of ['../evil', 'a/../../evil', '/etc/evil', 'C:evil', '..\\evil']) {
    const bytes = zipSync({ ...small, [name]: new Uint8Array(1) });
    expect(await reading(bytes)).toBe(
      `${FORMAT}an entry is called ${JSON.stringify(name)}, which leads out of it.`,
    );
  }
  const twice = Buffer.from(zipSync({ ...small, 'config.jsom': Buffer.from('{}') }));
  for (let at = twice.indexOf('config.jsom'); at >= 0; at = twice.indexOf('config.jsom'))
    twice.write('config.json', at);
  expect(await reading(twice)).toBe(`${FORMAT}it holds config.json twice.`);
  expect(await reading(zipSync(small))).toBe(`${FORMAT}it holds no model.weights.h5.`);
});

test('bombs: by what they claim, and by what they are', async () => {
  const bomb = zipSync({ ...small, 'model.weights.h5': new Uint8Array(2 ** 26) }, { level: 9 });
  expect(bomb.length).toBeLessThan(2 ** 20);
  expect(await reading(bomb)).toBe(
    `${FORMAT}model.weights.h5 claims to unpack to more than 16 times its size.`,
  );
  // The directory says a few bytes; the stream holds 64 MiB.
  const modest = deflated({ ...small, 'model.weights.h5': Buffer.alloc(2 ** 26) });
  modest.writeUInt32LE(1000, entryOf(modest, 'model.weights.h5') + 24);
  const before = process.memoryUsage().arrayBuffers;
  expect(await reading(modest)).toBe(`${FORMAT}model.weights.h5 does not unpack to what it claims.`);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
});

test('entries that are elsewhere, encrypted or packed otherwise', async () => {
  const good = Buffer.from(zipSync({ ...small, 'model.weights.h5': new Uint8Array(64) }, { level: 0 }));
  const entry = entryOf(good, 'model.weights.h5');
  const changed = (offset: number, value: number) => {
    const bytes = Buffer.from(good);
    bytes.writeUInt32LE(value, entry + offset);
    return reading(bytes);
  };
  expect(await changed(42, 0xffff_fff0)).toBe(`${FORMAT}model.weights.h5 is damaged.`);
  expect(await changed(42, 1)).toBe(`${FORMAT}model.weights.h5 is damaged.`);
  expect(await changed(20, 0xffff_ffff)).toBe(`${FORMAT}model.weights.h5 is cut off.`);
  expect(await changed(24, 0xffff_ffff)).toBe(`${FORMAT}model.weights.h5 is packed in an unknown way.`);
  expect(await changed(8, 1)).toBe(`${FORMAT}model.weights.h5 is encrypted.`);
});

test('a compressed one is read', async () => {
  const description = {
    architecture: 'resnet18',
    variant: 'torchvision',
    head: linearHead(4),
    classes: [],
    preprocessing: preprocessingFor([64, 64, 3]),
  } as const;
  const model = drawnModel(description, 31);
  await writeKeras(file('good.weights.h5'), model);
  const stored = readFileSync(file('good.weights.h5'));
  const config = Buffer.from(JSON.stringify(modelConfig(arranged(description, 'flat'), 'keras3')));
  writeFileSync(file('packed.keras'), deflated({ 'config.json': config, 'model.weights.h5': stored }));
  expect(await isKeras(file('packed.keras'))).toBe(true);
  const packed = await readKeras(file('packed.keras'));
  expect(packed.description).toEqual(description);
  expect(differing(packed.tensors, model.tensors)).toEqual([]);
});

/** Where a zip's directory describes an entry: no other has a name that ends alike. */
function entryOf(zip: Buffer, name: string): number {
  return zip.lastIndexOf(name) - 46;
}

/** A zip of compressed entries; the one who packs it in time is zlib. */
function deflated(entries: Record<string, Uint8Array>): Buffer {
  const packed = Object.entries(entries).map(([name, bytes]) => [name, deflateRawSync(bytes, { level: 1 })]);
  const zip = Buffer.from(zipSync(Object.fromEntries(packed), { level: 0 }));
  for (const [name, bytes] of Object.entries(entries)) {
    zip.writeUInt16LE(8, entryOf(zip, name) + 10);
    zip.writeUInt32LE(bytes.length, entryOf(zip, name) + 24);
  }
  return zip;
}
