import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { File, type Group, ready } from 'h5wasm';
import { Random } from '../../lib/demo/random.ts';
import { kerasConfig } from '../../lib/formats/keras/config.ts';
import { isKeras } from '../../lib/formats/keras/is-keras.ts';
import { readKeras } from '../../lib/formats/keras/read.ts';
import { writeKeras } from '../../lib/formats/keras/write.ts';
import type { ModelFile } from '../../lib/formats/model-file.ts';
import type { ModelDescription } from '../../lib/network/description.ts';
import { dense, dropout, flatten } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { differing } from '../support/compare-models.ts';
import { drawnModel } from '../support/drawn-model.ts';
import { readingKeras } from '../support/reading-keras.ts';

const DESCRIPTION: ModelDescription = {
  architecture: 'resnet18',
  variant: 'keras',
  head: [flatten(), dense(6, { activation: 'relu' }), dropout(0.5), dense(4, { activation: 'softmax' })],
  classes: ['a', 'b', 'c', 'd'],
  preprocessing: preprocessingFor([64, 64, 3], 'keras'),
};

let folder: string;
let model: ModelFile;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'thaw-keras-hostile-'));
  model = drawnModel(DESCRIPTION, 31);
  for (const suffix of ['.keras', '.h5', '.weights.h5']) await writeKeras(file(`good${suffix}`), model);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string): string {
  return path.join(folder, name);
}

const reading = (bytes: Uint8Array) => readingKeras(file('hostile'), bytes);

const MISMATCH = 'ERR_WEIGHTS_MISMATCH the file holds no network of this kind: ';
const FORMAT = 'ERR_WEIGHTS_FORMAT the file cannot be read: ';

/** An HDF5 file made by hand. */
async function hdf5(fill: (root: Group) => void): Promise<Uint8Array> {
  const { FS } = await ready;
  const root = new File('/made.h5', 'w');
  fill(root);
  root.close();
  const bytes = FS.readFile('/made.h5');
  FS.unlink('/made.h5');
  return bytes;
}

/** A whole model whose config is as `change` leaves it; there are no weights, for which it never comes. */
function withConfig(change: (layers: Layer[], config: ReturnType<typeof kerasConfig>) => void) {
  const config = kerasConfig(DESCRIPTION, 'keras2');
  change(config.config.layers as Layer[], config);
  return hdf5((root) => {
    root.create_attribute('model_config', JSON.stringify(config), [], 'S');
    root.create_group('model_weights').create_attribute('layer_names', new Float64Array(0), [0]);
  });
}

interface Layer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: [string, number, number, object][][];
}

function named(layers: Layer[], name: string): Layer {
  const layer = layers.find((candidate) => candidate.name === name);
  if (!layer) throw new Error(`no ${name}`);
  return layer;
}

describe('damaged files', () => {
  test.each(['good.keras', 'good.h5', 'good.weights.h5'])('%s cut off anywhere', async (name) => {
    const bytes = readFileSync(file(name));
    const header = Array.from({ length: 120 }, (_, length) => length);
    const parts = [0.001, 0.01, 0.25, 0.5, 0.75, 0.999].map((share) => Math.floor(share * bytes.length));
    const ends = [1, 2, 21, 22, 23, 100].map((missing) => bytes.length - missing);
    for (const length of [...header, ...parts, ...ends]) {
      expect([length, await reading(bytes.subarray(0, length))]).toEqual([
        length,
        expect.stringMatching(/^ERR_WEIGHTS_FORMAT the file cannot be read: .*\.$/),
      ]);
    }
  });

  test('something else', async () => {
    expect(await reading(Buffer.from('PK\x03\x04 is how it begins, and then it is no archive.'))).toBe(
      `${FORMAT}it is a damaged zip archive.`,
    );
    for (const text of ['', 'neither', '{"format": "layers-model"}']) {
      expect(await reading(Buffer.from(text))).toBe(`${FORMAT}it is damaged or no HDF5 file.`);
      expect(await isKeras(file('hostile'))).toBe(false);
    }
    await reading(zipSync({ 'archive/data.pkl': new Uint8Array(5) }));
    expect(await isKeras(file('hostile'))).toBe(false);
  });

  test('nothing, or no file', async () => {
    await expect(readKeras(file('none.h5'))).rejects.toMatchObject({ code: 'ERR_WEIGHTS_NOT_FOUND' });
    await expect(isKeras(file('none.h5'))).rejects.toMatchObject({ code: 'ERR_WEIGHTS_NOT_FOUND' });
    await expect(readKeras(folder)).rejects.toMatchObject({ code: 'ERR_IO' });
  });

  // Whatever the damage is: an error of ours or a model, and the next file is read as ever.
  test('bytes changed at random', async () => {
    const random = new Random(5);
    const bytes = await withConfig(() => undefined);
    const endings = new Set<string>();
    for (let run = 0; run < 300; run++) {
      const changed = bytes.slice();
      for (let change = 0; change < 4; change++) {
        changed[random.integer(0, Math.min(4096, changed.length - 1))] = random.integer(0, 255);
      }
      endings.add((await reading(changed)).slice(0, 20));
    }
    expect(endings.size).toBeGreaterThan(1);
    const { tensors } = await readKeras(file('good.h5'));
    expect(differing(tensors, model.tensors)).toEqual([]);
  });

  test('arrays that claim to be of absurd shapes', async () => {
    const bytes = readFileSync(file('good.weights.h5'));
    const dims = Buffer.alloc(32);
    for (const [axis, length] of [7, 7, 3, 64].entries()) dims.writeBigUInt64LE(BigInt(length), axis * 8);
    const at = bytes.indexOf(dims);
    expect(at).toBeGreaterThan(0);
    for (const length of [2n ** 62n, 2n ** 40n, 2n ** 31n, 63n, 0n]) {
      const changed = Buffer.from(bytes);
      changed.writeBigUInt64LE(length, at + 24);
      expect(await reading(changed)).toMatch(/^ERR_WEIGHTS_FORMAT/);
    }
  });

  test('arrays of other shapes than the model says', async () => {
    const bytes = readFileSync(file('good.weights.h5'));
    const units = bytes.indexOf('"units":6');
    expect(units).toBeGreaterThan(0);
    bytes.write('"units":7', units);
    expect(await reading(bytes)).toBe(
      `${MISMATCH}/layers/dense/vars/0 has the shape [2048,6] where [2048,7] is expected.`,
    );
  });
});

describe('configs of other networks', () => {
  test.each<[string, (layers: Layer[], config: ReturnType<typeof kerasConfig>) => void, string]>([
    [
      'a stride in another place',
      (layers) => Object.assign(named(layers, 'conv3_block1_1_conv').config, { strides: [1, 1] }),
      'its layer conv3_block1_1_conv has strides [1,1] where [2,2] is expected.',
    ],
    [
      'another activation',
      (layers) => Object.assign(named(layers, 'conv2_block1_out').config, { activation: 'gelu' }),
      'its layer conv2_block1_out has activation "gelu" where "relu" is expected.',
    ],
    [
      'another epsilon',
      (layers) => Object.assign(named(layers, 'conv1_bn').config, { epsilon: 0.001 }),
      'its layer conv1_bn has epsilon 0.001 where 0.00001001 is expected.',
    ],
    [
      'channels first',
      (layers) => Object.assign(named(layers, 'pool1_pool').config, { data_format: 'channels_first' }),
      'its layer pool1_pool has data_format "channels_first" where "channels_last" is expected.',
    ],
    [
      'normalization of another axis',
      (layers) => Object.assign(named(layers, 'conv1_bn').config, { axis: 1 }),
      'its layer conv1_bn has axis 1 where -1 is expected.',
    ],
    [
      'a shortcut left out',
      (layers) => {
        named(layers, 'conv2_block1_add').inbound_nodes = [
          [
            ['conv2_block1_2_bn', 0, 0, {}],
            ['conv2_block1_2_bn', 0, 0, {}],
          ],
        ];
      },
      'its layer conv2_block1_add takes conv2_block1_2_bn and conv2_block1_2_bn and not pool1_pool and conv2_block1_2_bn.',
    ],
    [
      'a layer of another kind in the head',
      (layers) => Object.assign(named(layers, 'dropout'), { class_name: 'Lambda' }),
      'its layer dropout is a Lambda, which is not of the network and cannot stand in a head.',
    ],
    [
      'a head without a bias',
      (layers) => Object.assign(named(layers, 'dense').config, { use_bias: false }),
      'its layer dense has use_bias false where true is expected.',
    ],
    [
      'absurd units',
      (layers) => Object.assign(named(layers, 'dense').config, { units: -1 }),
      'its layer dense is out of the ordinary: Expected a positive integer for units but received -1 of type number.',
    ],
    [
      'an absurd input',
      (layers) => Object.assign(layers[0]?.config ?? {}, { batch_input_shape: [null, 2 ** 31, 64, 3] }),
      'its input is [null,2147483648,64,3], where 32 to 8192 pixels can be.',
    ],
    [
      'an output inside',
      (_layers, { config }) => {
        config.output_layers = [['dense', 0, 0]];
      },
      'its output is that of dense.',
    ],
    [
      'a layer fewer',
      (layers, { config }) => {
        config.layers = layers.filter(({ name }) => !name.startsWith('conv4_block2_'));
        named(layers, 'conv5_block1_1_pad').inbound_nodes = [[['conv4_block1_out', 0, 0, {}]]];
        named(layers, 'conv5_block1_0_conv').inbound_nodes = [[['conv4_block1_out', 0, 0, {}]]];
      },
      'its layers are those of none of resnet18, resnet34, resnet50, resnet101, resnet152.',
    ],
  ])('%s', async (_what, change, sentence) => {
    expect(await reading(await withConfig(change))).toBe(MISMATCH + sentence);
  });

  test('a graph that cannot be', async () => {
    const twice = await withConfig((layers, { config }) => {
      config.layers = [...layers, named(layers, 'dense')];
    });
    expect(await reading(twice)).toMatch('two layers called dense');
    const forward = await withConfig((layers) => {
      named(layers, 'conv1_conv').inbound_nodes = [[['dense', 0, 0, {}]]];
    });
    expect(await reading(forward)).toMatch('conv1_conv takes dense, which is not before it');
    const shared = await withConfig((layers) => {
      const layer = named(layers, 'conv1_conv');
      layer.inbound_nodes = [...layer.inbound_nodes, ...layer.inbound_nodes];
    });
    expect(await reading(shared)).toMatch('conv1_conv is used more than once');
    let nested: object = kerasConfig(DESCRIPTION, 'keras2');
    for (let depth = 0; depth < 50; depth++) {
      nested = { class_name: 'Sequential', config: { name: `m${depth}`, layers: [nested] } };
    }
    const deep = await hdf5((root) => root.create_attribute('model_config', JSON.stringify(nested), [], 'S'));
    expect(await reading(deep)).toMatch('nested more than');
    for (const text of ['{', '[]', '{"class_name": "Functional"}', '['.repeat(100_000)]) {
      const bytes = await hdf5((root) => root.create_attribute('model_config', text, [], 'S'));
      expect(await reading(bytes)).toMatch(
        /^ERR_WEIGHTS_FORMAT the file cannot be read: its model config is no /,
      );
    }
  });

  test('weights that are missing', async () => {
    expect(await reading(await withConfig(() => undefined))).toBe(
      `${MISMATCH}conv1_conv has 0 arrays where 2 are expected.`,
    );
    const empty = await hdf5((root) => root.create_group('layers'));
    expect(await reading(empty)).toBe(`${MISMATCH}it has 0 convolutions.`);
    expect(await reading(await hdf5(() => undefined))).toBe(`${FORMAT}/ has no layer_names.`);
    const transformer = await hdf5((root) =>
      root.create_group('layers').create_group('multi_head_attention'),
    );
    expect(await reading(transformer)).toBe(`${MISMATCH}it holds a layer of the class multi_head_attention.`);
  });

  test('links', async () => {
    const to = (link: (group: Group) => void) =>
      hdf5((root) => {
        const layers = root.create_group('layers');
        for (let index = 1; index < 20; index++) layers.create_group(`conv2d_${index}`);
        link(layers);
      });
    const soft = await to((group) => group.create_soft_link('/layers/conv2d_1', 'conv2d'));
    expect(await reading(soft)).toBe(`${FORMAT}/layers/conv2d is a link to another place.`);
    const dangling = await to((group) => group.create_soft_link('/nowhere', 'conv2d'));
    expect(await reading(dangling)).toBe(`${FORMAT}/layers/conv2d is a link to another place.`);
    const external = await to((group) =>
      group.create_external_link(file('good.weights.h5'), '/layers/conv2d', 'conv2d'),
    );
    expect(await reading(external)).toBe(`${FORMAT}/layers/conv2d is a link to another place.`);
  });
});

describe('writing', () => {
  test('refuses other suffixes and models that are not whole, and leaves the old file', async () => {
    const name = file('kept.keras');
    writeFileSync(name, 'old');
    const { 'conv1.bias': _, ...rest } = model.tensors;
    await expect(writeKeras(name, { ...model, tensors: rest })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_MISMATCH',
      message: "The model's tensor conv1.bias is missing.",
    });
    const tensors = { ...model.tensors, 'conv1.bias': { data: new Float32Array(3), shape: [3] } };
    await expect(writeKeras(name, { ...model, tensors })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_MISMATCH',
    });
    expect(readFileSync(name, 'utf8')).toBe('old');
    await expect(writeKeras(file('model.pt'), model)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(writeKeras(file('none/model.h5'), model)).rejects.toMatchObject({
      code: 'ERR_WRITE_FAILED',
    });
  });

  test('all that a model says of itself comes back, from weights alone as well', async () => {
    for (const suffix of ['.keras', '.h5', '.weights.h5']) {
      expect((await readKeras(file(`good${suffix}`))).description).toEqual(DESCRIPTION);
    }
  });

  test.each([
    { head: [{ kind: 'dense', units: 2 ** 62 }] },
    { head: [{ kind: 'attention' }] },
    { head: [null] },
    { preprocessing: { ...DESCRIPTION.preprocessing, height: 2 ** 31 } },
    { preprocessing: { ...DESCRIPTION.preprocessing, mean: ['a', 'b', 'c'] } },
    { preprocessing: null },
    { classes: [7] },
    { version: 99 },
  ])('what a file says of itself is checked: %j', async (lie) => {
    const thaw = JSON.stringify({ version: 1, ...DESCRIPTION, ...lie });
    const bytes = await hdf5((root) => {
      root.create_group('layers');
      root.create_attribute('thaw', thaw, [], 'S');
    });
    expect(await reading(bytes)).toMatch(/^ERR_WEIGHTS_FORMAT/);
  });
});
