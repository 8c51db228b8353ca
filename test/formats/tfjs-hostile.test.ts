import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { readTfjs } from '../../lib/formats/tfjs/read.ts';
import { writeTfjs } from '../../lib/formats/tfjs/write.ts';
import { dense, flatten } from '../../lib/network/head.ts';
import { describeNetwork, drawnModel } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';

/** What of a model.json the cases below spoil. */
interface Json {
  format: string;
  modelTopology: { class_name: string; config: { layers: Layer[]; output_layers: unknown[] } };
  weightsManifest: { paths: string[]; weights: Entry[] }[];
  userDefinedMetadata: { thaw: { classes: unknown; preprocessing: Record<string, unknown> } };
}
interface Layer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[][][];
}
interface Entry {
  name: string;
  shape: unknown[];
  dtype: string;
  quantization?: unknown;
}

const folder = join(temporaryFolder(), 'model');
let text = '';
beforeAll(async () => {
  await writeTfjs(folder, drawnModel(describeNetwork('resnet18', [flatten(), dense(3)], { side: 32 }), 1));
  text = readFileSync(join(folder, 'model.json'), 'utf8');
  // Real files that shard names must not lead to.
  writeFileSync(join(dirname(folder), 'outside.bin'), new Uint8Array(8));
  mkdirSync(join(folder, 'directory.bin'));
});

async function refused(content: string, reason: string | RegExp, code = 'ERR_WEIGHTS_FORMAT') {
  const file = join(folder, 'spoilt.json');
  writeFileSync(file, content);
  await expect(readTfjs(file)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(reason),
  });
}

const group = (json: Json) => json.weightsManifest[0] as Json['weightsManifest'][number];
const entry = (json: Json, index = 0) => group(json).weights[index] as Entry;
const layer = (json: Json, name: string) =>
  json.modelTopology.config.layers.find((each) => each.name === name) as Layer;
const renamed = (json: Json, name: string) => {
  (group(json).paths as unknown[])[0] = name;
};

test('what is spoilt below was whole', async () => {
  writeFileSync(join(folder, 'whole.json'), text);
  await expect(readTfjs(join(folder, 'whole.json'))).resolves.toMatchObject({
    description: { architecture: 'resnet18' },
  });
});

test.each<[string, string, (json: Json) => void]>([
  ['a path upwards', 'not within its folder', (json) => renamed(json, '../outside.bin')],
  ['a path down and up', 'not within its folder', (json) => renamed(json, 'x/../../outside.bin')],
  [
    'an absolute path',
    'not within its folder',
    (json) => renamed(json, join(dirname(folder), 'outside.bin')),
  ],
  ['an address', 'not within its folder', (json) => renamed(json, 'http://localhost/x.bin')],
  ['a file address', 'not within its folder', (json) => renamed(json, 'file:outside.bin')],
  ['a path of Windows', 'not within its folder', (json) => renamed(json, '..\\outside.bin')],
  ['an empty path', 'not within its folder', (json) => renamed(json, '')],
  ['a path with a zero byte', 'is not there', (json) => renamed(json, 'a\u0000.bin')],
  ['a folder as a shard', 'is not there', (json) => renamed(json, 'directory.bin')],
  ['a missing shard', 'its weights have \\d+ bytes', (json) => group(json).paths.pop()],
  ['a shard twice', 'twice', (json) => group(json).paths.push(group(json).paths[0] as string)],
  ['paths that are no list', 'no array', (json) => Object.assign(group(json), { paths: 'x' })],
  ['no manifest', 'no array', (json) => Object.assign(json, { weightsManifest: undefined })],
  ['a weight twice', 'twice', (json) => group(json).weights.push(entry(json))],
  [
    'a weight under two names of the same meaning',
    'one name',
    (json) => group(json).weights.push({ ...entry(json), name: `x/${entry(json).name}` }),
  ],
  ['a weight without a name', 'no string', (json) => Object.assign(entry(json), { name: null })],
  ['a shape of 2^62', 'cannot be', (json) => Object.assign(entry(json), { shape: [2 ** 62] })],
  ['a product of 2^62', 'cannot be', (json) => Object.assign(entry(json), { shape: [2 ** 31, 2 ** 31] })],
  [
    'a sum beyond all files',
    'larger than any file',
    (json) => {
      for (let i = 0; i < 9; i++) Object.assign(entry(json, i), { shape: [2 ** 50] });
    },
  ],
  ['a negative shape', 'cannot be', (json) => Object.assign(entry(json), { shape: [-7, -7, 3, 64] })],
  ['a fractional shape', 'cannot be', (json) => Object.assign(entry(json), { shape: [0.5, 18816] })],
  ['a shape of texts', 'cannot be', (json) => Object.assign(entry(json), { shape: ['7', '7', '3', '64'] })],
  ['no shape', 'no array', (json) => Object.assign(entry(json), { shape: undefined })],
  ['another type', 'not float32', (json) => Object.assign(entry(json), { dtype: 'complex64' })],
  ['integers', 'not float32', (json) => Object.assign(entry(json), { dtype: 'int32' })],
  [
    'a packing that is not known',
    'not known',
    (json) => Object.assign(entry(json), { quantization: { dtype: 'int4', scale: 1, min: 0 } }),
  ],
  [
    'a packing without a scale',
    'not known',
    (json) => Object.assign(entry(json), { quantization: { dtype: 'uint8', min: 0 } }),
  ],
  [
    'a packing of too many bytes',
    'its weights have',
    (json) => Object.assign(entry(json), { quantization: { dtype: 'float16' } }),
  ],
  ['a graph model', 'layers-model', (json) => Object.assign(json, { format: 'graph-model' })],
  ['no topology', 'no object', (json) => Object.assign(json, { modelTopology: null })],
  [
    'classes that are numbers',
    'no string',
    (json) => Object.assign(json.userDefinedMetadata.thaw, { classes: [1, 2, 3] }),
  ],
  [
    'a mean of texts',
    'three channels',
    (json) => Object.assign(json.userDefinedMetadata.thaw.preprocessing, { mean: ['a', 'b', 'c'] }),
  ],
  [
    'a deviation of zero',
    'three channels',
    (json) => Object.assign(json.userDefinedMetadata.thaw.preprocessing, { std: [1, 0, 1] }),
  ],
])('refuses %s', async (_, reason, spoil) => {
  const json = JSON.parse(text) as Json;
  spoil(json);
  await refused(JSON.stringify(json), reason);
});

test.each<[string, string, (json: Json) => void]>([
  [
    'a weight more',
    'belongs to no layer',
    (json) => group(json).weights.push({ name: 'x/kernel', shape: [0], dtype: 'float32' }),
  ],
  ['a weight less', 'is missing', (json) => group(json).weights.pop()],
  [
    'a shape that is none of the layer',
    'has the shape',
    (json) => Object.assign(entry(json), { shape: [7, 7, 64, 3] }),
  ],
  [
    'units that the file has not',
    'has the shape',
    (json) => Object.assign(layer(json, 'dense').config, { units: 2 ** 40 }),
  ],
])('refuses, as weights of another network, %s', async (_, reason, spoil) => {
  const json = JSON.parse(text) as Json;
  spoil(json);
  await refused(JSON.stringify(json), reason, 'ERR_WEIGHTS_MISMATCH');
});

test.each([
  ['nothing', '', 'no JSON'],
  ['half of a JSON', '{"modelTopology": {', 'no JSON'],
  ['a list', '[]', 'no object'],
  ['a number', '1', 'no object'],
  ['null', 'null', 'no object'],
  ['lists in lists', '['.repeat(1e6) + ']'.repeat(1e6), ''],
  ['objects in objects', `${'{"modelTopology":'.repeat(2e5)}1${'}'.repeat(2e5)}`, ''],
])('refuses %s', (_, content, reason) => refused(content, reason));

test('refuses models in models', () => {
  const nested = '{"class_name":"Sequential","config":{"name":"a","layers":[';
  const content = `{"modelTopology":${nested.repeat(5e4)}${']}}'.repeat(5e4)}}`;
  return refused(content, 'nested more than 8 deep', 'ERR_WEIGHTS_MISMATCH');
});

test('refuses a shard that has been cut, at any place', async () => {
  const json = JSON.parse(text) as Json;
  const [first = '', ...rest] = group(json).paths;
  const shard = readFileSync(join(folder, first));
  for (const length of [0, 1, shard.length / 2, shard.length - 1]) {
    writeFileSync(join(folder, 'cut.bin'), shard.subarray(0, length));
    group(json).paths = ['cut.bin', ...rest];
    await refused(JSON.stringify(json), 'its weights have \\d+ bytes, but its shards');
  }
});

test('a claimed size costs no memory before it is known to be false', async () => {
  const json = JSON.parse(text) as Json;
  // Agrees with the network, not with the shards: 14 GB of a dense layer.
  Object.assign(layer(json, 'dense').config, { units: 7e6 });
  Object.assign(group(json).weights.at(-2) as Entry, { shape: [512, 7e6] });
  Object.assign(group(json).weights.at(-1) as Entry, { shape: [7e6] });
  const before = process.memoryUsage().rss;
  await refused(JSON.stringify(json), 'but its shards');
  expect(process.memoryUsage().rss - before).toBeLessThan(1e9);
});

test('a file that is not there', async () => {
  await expect(readTfjs(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'ERR_WEIGHTS_NOT_FOUND' });
});
