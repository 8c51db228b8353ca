import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import type { Group } from 'h5wasm';
import { Random } from '../../lib/demo/random.ts';
import { isKeras } from '../../lib/formats/keras/is-keras.ts';
import { readKeras } from '../../lib/formats/keras/read.ts';
import { writeKeras } from '../../lib/formats/keras/write.ts';
import type { ModelFile } from '../../lib/formats/model-file.ts';
import { arranged } from '../../lib/formats/topology/arrange.ts';
import { modelConfig } from '../../lib/formats/topology/write.ts';
import type { ModelDescription } from '../../lib/network/description.ts';
import { dense, dropout, flatten } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { differing, expectSame } from '../support/compare-models.ts';
import { drawnModel } from '../support/drawn-model.ts';
import { hdf5 } from '../support/hdf5.ts';
import { readingKeras } from '../support/reading-keras.ts';

const DESCRIPTION: ModelDescription = {
  architecture: 'resnet18',
  variant: 'torchvision',
  head: [flatten(), dense(6, { activation: 'relu' }), dropout(0.5), dense(4, { activation: 'softmax' })],
  classes: ['a', 'b', 'c', 'd'],
  preprocessing: preprocessingFor([64, 64, 3]),
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

/** A whole model without its weights. */
function withoutWeights() {
  const config = JSON.stringify(modelConfig(arranged(DESCRIPTION, 'flat'), 'keras2'));
  return hdf5((root) => {
    root.create_attribute('model_config', config, [], 'S');
    root.create_group('model_weights').create_attribute('layer_names', new Float64Array(0), [0]);
  });
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
    const bytes = await withoutWeights();
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

describe('what is no model', () => {
  test('configs', async () => {
    for (const text of ['{', '[]', '{"class_name": "Functional"}', '['.repeat(100_000)]) {
      const bytes = await hdf5((root) => root.create_attribute('model_config', text, [], 'S'));
      expect(await reading(bytes)).toMatch(
        /^ERR_WEIGHTS_FORMAT the file cannot be read: its model config is no /,
      );
    }
  });

  test('weights that are missing', async () => {
    expect(await reading(await withoutWeights())).toBe(
      `${MISMATCH}conv1_conv has 0 arrays where 1 are expected.`,
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
    const { 'bn1.bias': _, ...rest } = model.tensors;
    await expect(writeKeras(name, { ...model, tensors: rest })).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_MISMATCH',
      message: "The model's tensor bn1.bias is missing.",
    });
    const tensors = { ...model.tensors, 'bn1.bias': { data: new Float32Array(3), shape: [3] } };
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
      await writeKeras(file(`nested${suffix}`), model, 'nested');
      expectSame(await readKeras(file(`nested${suffix}`)), model);
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
