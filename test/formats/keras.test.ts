import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { networkGraph } from '../../lib/formats/graph.ts';
import { isKeras } from '../../lib/formats/keras/is-keras.ts';
import { readKeras } from '../../lib/formats/keras/read.ts';
import { writeKeras } from '../../lib/formats/keras/write.ts';
import type { Architecture, Variant } from '../../lib/network/architecture.ts';
import type { ModelDescription } from '../../lib/network/description.ts';
import { linearHead } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { LAYOUTS } from '../../lib/options/load.ts';
import { differing } from '../support/compare-models.ts';
import { drawnModel } from '../support/drawn-model.ts';
import { pythonWith, runPeer } from '../support/python.ts';

const python = pythonWith('keras', 'h5py', 'tensorflow') ?? '';
const onKeras = python ? describe : describe.skip;

/** What Keras says of a model that it opened beside the original. */
interface Comparison {
  variables: [number, number];
  different: string[];
  difference: number;
  spread: number;
}

type Arrays = Record<string, { shape: number[]; data: Float32Array }>;

const RECIPE = [
  { kind: 'flatten' },
  { kind: 'dense', units: 16, activation: 'relu' },
  { kind: 'batchNormalization', momentum: 0.9, epsilon: 0.001 },
  { kind: 'dropout', rate: 0.25 },
  { kind: 'dense', units: 5, activation: 'softmax' },
];
/** Weights alone say nothing of dropouts and options. */
const TOLD_RECIPE = [
  ...RECIPE.slice(0, 2),
  { kind: 'batchNormalization', momentum: 0.99, epsilon: 0.001 },
  ...RECIPE.slice(4),
];
const TOP = [{ kind: 'globalAveragePooling' }, { kind: 'dense', units: 7, activation: 'softmax' }];

onKeras('files of Keras', () => {
  let folder: string;
  const file = (name: string) => path.join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'thaw-keras-'));
    runPeer(python, 'keras_files.py', ['make', folder, '64', 'resnet50-sequential', 'resnet50-top']);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['resnet50-sequential.keras', RECIPE, 64],
    ['resnet50-sequential.h5', RECIPE, 64],
    ['resnet50-sequential-keras2.h5', RECIPE, 64],
    ['resnet50-sequential.weights.h5', TOLD_RECIPE, 64],
    ['resnet50-sequential-legacy.h5', TOLD_RECIPE, 64],
    ['resnet50-top.keras', TOP, 64],
    ['resnet50-top.h5', TOP, 64],
    ['resnet50-top-keras2.h5', TOP, 64],
    ['resnet50-top.weights.h5', TOP, 224],
    ['resnet50-top-legacy.h5', TOP, 224],
  ])('%s: the network and every variable', async (name, head, size) => {
    expect(await isKeras(file(name))).toBe(true);
    const { description, tensors } = await readKeras(file(name));
    expect(description).toEqual({
      architecture: 'resnet50',
      variant: 'keras',
      head,
      classes: [],
      preprocessing: preprocessingFor([size, size, 3], 'keras'),
    });
    const said = arraysOf(file(name.replace(/(-legacy|-keras2)?(\.weights)?\.(h5|keras)$/, '')));
    expect(Object.keys(tensors).length).toBe(Object.keys(said).length);
    const wrong: string[] = [];
    let compared = 0;
    const kinds = { kernel: 'weight', gamma: 'weight', bias: 'bias', beta: 'bias' } as const;
    const statistics = { moving_mean: 'running_mean', moving_variance: 'running_var' } as const;
    const names: Record<string, string> = { ...kinds, ...statistics };
    for (const layer of networkGraph({ ...description, head: head as never })) {
      if (!('tensors' in layer)) continue;
      const keras = kerasName(layer.name, said);
      for (const [variable, ours] of Object.entries(names)) {
        const array = said[`${keras}/${variable}`];
        if (!array) continue;
        compared += 1;
        const tensor = `${layer.tensors}.${ours}`;
        const expected = { [tensor]: transposed(array, layer.name === 'conv1_conv') };
        const found = tensors[tensor];
        wrong.push(...differing(expected, found ? { [tensor]: found } : {}));
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBe(Object.keys(said).length);
  });

  test.each(['resnet50-sequential', 'resnet50-top'])('%s comes back to Keras bit by bit', async (form) => {
    const model = await readKeras(file(`${form}.keras`));
    const suffixes = ['.keras', '.h5', '.weights.h5'];
    const all = LAYOUTS.flatMap((layout) =>
      suffixes.map((suffix) => ({ layout, name: `${layout}${suffix}` })),
    );
    for (const { layout, name } of all) await writeKeras(file(name), model, layout);
    // Weights alone go into a network that is arranged alike: Keras' own, or that of the recipe.
    const arrangedAs = form === 'resnet50-top' ? 'flat.weights.h5' : 'nested.weights.h5';
    const names = all.map(({ name }) => name);
    const whole = names.filter((name) => name === arrangedAs || !name.endsWith('.weights.h5'));
    const ours = whole.map(file);
    const said = runPeer<Comparison[]>(python, 'keras_files.py', ['compare', file(`${form}.keras`), ...ours]);
    expect(said.length).toBe(ours.length);
    for (const { variables, different, difference, spread } of said) {
      expect(variables[0]).toBe(variables[1]);
      expect(different).toEqual([]);
      expect(difference).toBeLessThan(1e-6);
      expect(spread).toBeGreaterThan(1e-3);
    }
    for (const name of names) {
      const again = await readKeras(file(name));
      expect(differing(model.tensors, again.tensors)).toEqual([]);
      expect(again.description).toEqual(model.description);
    }
  });
});

onKeras('types and places of the numbers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'thaw-keras-types-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('float64 and float16 are converted, integers refused', async () => {
    const model = drawnModel(linear('resnet18', 'torchvision'), 21);
    const original = path.join(folder, 'original.h5');
    await writeKeras(original, model);
    const types = ['float64', '>f4', 'float16', 'int32'];
    const recast = runPeer<Record<string, string>>(python, 'keras_files.py', [
      'recast',
      original,
      folder,
      ...types,
    ]);
    const read = (type: string) => readKeras(recast[type] ?? '');
    expect(differing(model.tensors, (await read('float64')).tensors)).toEqual([]);
    expect(differing(model.tensors, (await read('>f4')).tensors)).toEqual([]);
    const half = await read('float16');
    for (const [name, { data }] of Object.entries(model.tensors)) {
      const found = half.tensors[name]?.data ?? [];
      // Half of the last of ten bits of a mantissa; below 2^-14 the numbers stand 2^-24 apart.
      const far = data.findIndex(
        (value, index) =>
          !(Math.abs(value - (found[index] as number)) <= Math.abs(value) * 2 ** -11 + 2 ** -25),
      );
      expect([name, far]).toEqual([name, -1]);
    }
    expect(differing(model.tensors, half.tensors)).toContain('conv1.weight');
    await expect(read('int32')).rejects.toMatchObject({
      code: 'ERR_WEIGHTS_FORMAT',
      message: expect.stringContaining('holds no floating-point numbers'),
    });
  });

  test('numbers in other files are refused', async () => {
    const source = path.join(folder, 'whole.h5');
    await writeKeras(source, drawnModel(linear('resnet18', 'torchvision'), 22));
    const files = runPeer<Record<string, string>>(python, 'keras_files.py', ['elsewhere', source, folder]);
    const kernel = '/model_weights/conv1_conv/conv1_conv/kernel:0';
    const sentences = Object.entries({
      storage: `${kernel} cannot be read.`,
      virtual: `${kernel} is gathered from other places.`,
      link: `${kernel} is a link to another place.`,
    });
    for (const [what, sentence] of sentences) {
      const file = files[what] ?? '';
      await expect(readKeras(file)).rejects.toMatchObject({
        code: 'ERR_WEIGHTS_FORMAT',
        message: `${file} cannot be read: ${sentence}`,
      });
    }
  });
});

const onTorchvision = pythonWith('keras', 'torchvision') ? describe : describe.skip;

onTorchvision("torchvision's variant", () => {
  test.each(['resnet18', 'resnet50'] as const)(
    '%s predicts in Keras as in torchvision',
    async (architecture) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'thaw-keras-torchvision-'));
      try {
        const model = drawnModel(linear(architecture, 'torchvision'), 11);
        const stem = path.join(folder, 'tensors');
        const index: Record<string, { shape: readonly number[]; offset: number }> = {};
        let offset = 0;
        for (const [name, { shape, data }] of Object.entries(model.tensors)) {
          index[name] = { shape, offset };
          appendFileSync(`${stem}.bin`, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
          offset += data.byteLength;
        }
        writeFileSync(`${stem}.json`, JSON.stringify(index));
        const files = ['.keras', '.h5'].map((suffix) => path.join(folder, `model${suffix}`));
        for (const file of files) await writeKeras(file, model);
        const args = [architecture, stem, ...files];
        const said = runPeer<{ difference: number; spread: number }[]>(python, 'keras_torchvision.py', args);
        expect(said.length).toBe(files.length);
        for (const { difference, spread } of said) {
          expect(difference).toBeLessThan(1e-5);
          expect(spread).toBeGreaterThan(1e-2);
        }
        for (const file of files) {
          const again = await readKeras(file);
          expect(again.description).toEqual(model.description);
          expect(differing(model.tensors, again.tensors)).toEqual([]);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

onKeras('the graph of the network', () => {
  interface Listed {
    name: string;
    type: string;
    inputs: string[];
    shape: number[];
  }
  let listed: Record<string, Record<'headless' | 'top', Listed[]>>;
  beforeAll(() => {
    listed = runPeer(python, 'keras_files.py', ['layers', '96']);
  });

  test.each(['resnet50', 'resnet101', 'resnet152'] as const)(
    '%s is listed as Keras lists it',
    (architecture) => {
      for (const form of ['headless', 'top'] as const) {
        const head =
          form === 'top'
            ? ([
                { kind: 'globalAveragePooling' },
                { kind: 'dense', units: 9, activation: 'softmax' },
              ] as const)
            : [];
        const preprocessing = preprocessingFor([96, 96, 3], 'keras');
        const graph = networkGraph({ architecture, variant: 'keras', head, classes: [], preprocessing });
        // Keras counts the inputs of a process, and names the layers of its own top by what they mean.
        const known = { avg_pool: 'global_average_pooling2d', predictions: 'dense' } as Record<
          string,
          string
        >;
        const plain = (name: string) => known[name] ?? name.replace(/^input_layer_\d+$/, 'input_layer');
        const keras = listed[architecture]?.[form].map((layer) => ({
          ...layer,
          name: plain(layer.name),
          inputs: layer.inputs.map(plain),
        }));
        const ours = graph.map(({ outputShape: shape, name, type, inputs }) => ({
          name,
          type,
          inputs,
          shape,
        }));
        expect(ours).toEqual(keras);
      }
    },
  );
});

/** The variables of a model as Python wrote them: `conv1_conv/kernel`. */
function arraysOf(stem: string): Arrays {
  const index = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Record<
    string,
    { shape: number[]; offset: number }
  >;
  const { buffer, byteOffset } = readFileSync(`${stem}.bin`);
  const bytes = buffer.slice(byteOffset);
  return Object.fromEntries(
    Object.entries(index).map(([name, { shape, offset }]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: new Float32Array(bytes, offset, length) }];
    }),
  );
}

function kerasName(name: string, said: Arrays): string {
  return name === 'dense' && !said['dense/kernel'] ? 'predictions' : name;
}

/** Keras' order of axes to PyTorch's, index by index. */
function transposed({ shape, data }: Arrays[string], reversed: boolean) {
  if (shape.length === 1) return { shape, data };
  const [height, width, ins, outs] = shape.length === 2 ? [1, 1, ...shape] : shape;
  if (!height || !width || !ins || !outs) throw new Error(`a shape of ${shape}`);
  const result = new Float32Array(data.length);
  let at = 0;
  for (let o = 0; o < outs; o++) {
    for (let i = 0; i < ins; i++) {
      const source = reversed ? ins - 1 - i : i;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          result[at++] = data[((y * width + x) * ins + source) * outs + o] as number;
        }
      }
    }
  }
  return { shape: shape.length === 2 ? [outs, ins] : [outs, ins, height, width], data: result };
}

/** At 64 x 64, with classes and a preprocessing of its own. */
function linear(architecture: Architecture, variant: Variant): ModelDescription {
  const preprocessing = { ...preprocessingFor([64, 64, 3], variant), resize: 70, mean: [0.5, 0.4, 0.3] };
  return { architecture, variant, head: linearHead(3), classes: ['cat', 'dog', 'Ünïcödé'], preprocessing };
}
