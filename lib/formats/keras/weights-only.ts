import { ThawError } from '../../errors.ts';
import { ARCHITECTURES, type Architecture, STAGES } from '../../model/architecture.ts';
import {
  batchNormalization,
  dense,
  flatten,
  globalAveragePooling,
  type HeadLayer,
} from '../../model/head.ts';
import { preprocessingFor } from '../../model/preprocessing.ts';
import type { ModelDescription } from '../../model/saved-model.ts';
import { networkGraph } from '../graph.ts';
import type { Hdf5File } from './hdf5-file.ts';
import type { LegacyLayer } from './legacy-layout.ts';
import { architectureNamed } from './recognise.ts';

/** A network told from names and shapes alone, and the arrays of each layer that has variables, in Keras' order. */
export interface Told {
  description: ModelDescription;
  /** By the layer's name in `networkGraph(description)`. */
  arrays: Map<string, string[]>;
}

/** A layer of a head with variables: what its arrays' shapes say. */
interface HeadPart {
  arrays: string[];
  kind: 'dense' | 'batchNormalization';
  /** dense: length of the input */
  inputs: number;
  /** Length of the output. */
  outputs: number;
}

const ORDER = {
  convolution: ['kernel', 'bias'],
  batchNormalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/** From the older layout of weights alone: its layers are in order and have names. */
export function toldFromLegacy(file: Hdf5File, layers: readonly LegacyLayer[]): Told {
  const architecture = architectureNamed(
    layers.map(({ name }) => name),
    file.origin,
  );
  const bias = layers.find(({ name }) => name === 'conv1_conv')?.variables.has('bias') ?? false;
  const own = new Set(backboneOf(architecture, bias).map(({ name }) => name));
  const arrays = new Map<string, string[]>();
  const parts: HeadPart[] = [];
  let flattened: boolean | undefined;
  for (const { name, variables } of layers) {
    const kind = variables.has('gamma') ? 'batchNormalization' : 'convolution';
    const paths = ORDER[kind].flatMap((variable) => variables.get(variable) ?? []);
    if (paths.length !== variables.size) {
      throw mismatch(file, `its layer ${name} holds ${[...variables.keys()].join(', ')}`);
    }
    if (own.has(name)) {
      if (paths.length > 0) arrays.set(name, paths);
    } else if (paths.length > 0) parts.push(headPart(file, name, paths));
    else if (/flatten/.test(name)) flattened ??= true;
    else if (/avg_pool|global_average/.test(name)) flattened ??= false;
    else if (!/input|dropout/.test(name)) {
      throw mismatch(
        file,
        `its layer ${name} has no weights that would tell what it is; save the whole model`,
      );
    }
  }
  return assemble(file, architecture, bias, arrays, parts, flattened);
}

/** From Keras 3's layout of weights alone: its layers are counted within their classes. */
export function toldFromCurrent(file: Hdf5File): Told {
  const outer = counted(file, '/layers');
  const nested = ['functional', 'sequential', 'model'].flatMap((name) => outer.get(name) ?? []);
  if (nested.length > 1) throw mismatch(file, 'it holds more than one model within the model');
  const [model] = nested;
  const inner = model === undefined ? outer : counted(file, `${model}/layers`);
  const known = [
    ...[
      'functional',
      'sequential',
      'model',
      'input_layer',
      'zero_padding2d',
      'conv2d',
      'batch_normalization',
    ],
    ...['activation', 'max_pooling2d', 'add', 'global_average_pooling2d', 'flatten', 'dropout', 'dense'],
  ];
  for (const name of [...outer.keys(), ...inner.keys()]) {
    if (!known.includes(name)) throw mismatch(file, `it holds a layer of the class ${name}`);
  }
  const of = (name: string) => (inner === outer ? [] : (outer.get(name) ?? []));
  const convolutions = inner.get('conv2d') ?? [];
  const architecture = ARCHITECTURES.find((name) => convolutionsOf(name) === convolutions.length);
  if (!architecture || of('conv2d').length > 0) {
    throw mismatch(file, `it has ${convolutions.length + of('conv2d').length} convolutions`);
  }
  const bias = variablesAt(file, convolutions[0] ?? '').length > 1;
  const arrays = new Map<string, string[]>();
  const normalizations = inner.get('batch_normalization') ?? [];
  const places = { Conv2D: convolutions.values(), BatchNormalization: normalizations.values() };
  for (const { name, type } of backboneOf(architecture, bias)) {
    if (type !== 'Conv2D' && type !== 'BatchNormalization') continue;
    const path = places[type].next().value;
    if (path === undefined) throw mismatch(file, `the layer ${name} of ${architecture} is missing`);
    arrays.set(name, variablesAt(file, path));
  }
  // What the network itself did not take of its own level, then the level around it.
  const all = (name: string, rest: readonly string[]) => [...rest, ...of(name)];
  const norms = all('batch_normalization', [...places.BatchNormalization]);
  const denses = all('dense', inner.get('dense') ?? []);
  const parts = interleave(
    file,
    denses.map((path) => headPart(file, path, variablesAt(file, path))),
    norms.map((path) => headPart(file, path, variablesAt(file, path))),
  );
  const seen = (name: string) => all(name, inner.get(name) ?? []).length > 0;
  // Flattened after pooling is pooled.
  const flattened = seen('global_average_pooling2d') ? false : seen('flatten') || undefined;
  return assemble(file, architecture, bias, arrays, parts, flattened);
}

/** The paths of the layers in a group by class, in the order of their numbers. */
function counted(file: Hdf5File, group: string): Map<string, string[]> {
  const numbered = file.children(group).map((name) => {
    const [, base = name, number = '0'] = /^(.*?)(?:_(\d+))?$/.exec(name) ?? [];
    return { base, number: Number(number), path: `${group}/${name}` };
  });
  numbered.sort((a, b) => a.number - b.number);
  const result = new Map<string, string[]>();
  for (const { base, path } of numbered) result.set(base, [...(result.get(base) ?? []), path]);
  return result;
}

/** The variables of a layer of Keras 3's layout: `0`, `1`, ... */
export function variablesAt(file: Hdf5File, path: string): string[] {
  const count = file.children(`${path}/vars`).length;
  return Array.from({ length: count }, (_, index) => `${path}/vars/${index}`);
}

function convolutionsOf(architecture: Architecture): number {
  return backboneOf(architecture, false).filter(({ type }) => type === 'Conv2D').length;
}

function backboneOf(architecture: Architecture, bias: boolean) {
  const variant = bias ? 'keras' : 'torchvision';
  const preprocessing = preprocessingFor([224, 224, 3], variant);
  return networkGraph({ architecture, variant, head: [], classes: [], preprocessing });
}

function headPart(file: Hdf5File, name: string, arrays: string[]): HeadPart {
  const shapes = arrays.map((path) => file.array(path).shape);
  const [first = []] = shapes;
  if (shapes.length === 2 && first.length === 2) {
    const [inputs = 0, outputs = 0] = first;
    return { arrays, kind: 'dense', inputs, outputs };
  }
  if (shapes.length === 4 && first.length === 1) {
    const [length = 0] = first;
    return { arrays, kind: 'batchNormalization', inputs: length, outputs: length };
  }
  throw mismatch(
    file,
    `its layer ${name} is neither a dense layer with a bias nor a whole batch normalization`,
  );
}

/** Puts each normalization where the length of the features fits, if there is one such place only. */
function interleave(file: Hdf5File, denses: readonly HeadPart[], norms: readonly HeadPart[]): HeadPart[] {
  const lengths = [denses[0]?.inputs, ...denses.map(({ outputs }) => outputs)];
  const places = norms.map((norm) => {
    const fitting = lengths.flatMap((length, place) => (length === norm.outputs ? [place] : []));
    if (fitting.length === 1) return fitting[0] as number;
    throw mismatch(
      file,
      'its weights alone do not tell where a batch normalization stands; save the whole model',
    );
  });
  const at = (place: number) => norms.filter((_, index) => places[index] === place);
  return [...at(0), ...denses.flatMap((part, index) => [part, ...at(index + 1)])];
}

/** Undefined `flattened`: neither layer was seen. */
function assemble(
  file: Hdf5File,
  architecture: Architecture,
  bias: boolean,
  arrays: Map<string, string[]>,
  parts: readonly HeadPart[],
  flattened: boolean | undefined,
): Told {
  const channels = STAGES[architecture].bottleneck ? 2048 : 512;
  const features = parts[0]?.inputs ?? channels;
  const side = Math.sqrt(features / channels);
  const flat = flattened ?? side !== 1;
  const fits = flat ? Number.isSafeInteger(side) : features === channels;
  if (!fits) throw mismatch(file, `its head takes ${features} features; save the whole model`);
  if (!flat && flattened === undefined && parts.length > 0) throw mismatch(file, 'its head does not pool');
  const variant = bias ? 'keras' : 'torchvision';
  const size = flat && parts.length > 0 ? 32 * side : 224;
  const last = parts.findLastIndex(({ kind }) => kind === 'dense');
  const head: HeadLayer[] = parts.map(({ kind, outputs }, index) =>
    kind === 'dense'
      ? dense(outputs, { activation: index === last ? 'softmax' : 'relu' })
      : batchNormalization(),
  );
  if (flattened !== undefined || parts.length > 0) head.unshift(flat ? flatten() : globalAveragePooling());
  const preprocessing = preprocessingFor([size, size, 3], variant);
  const description: ModelDescription = { architecture, variant, head, classes: [], preprocessing };
  const graph = networkGraph(description);
  for (const [index, part] of parts.entries()) {
    arrays.set(graph[graph.length - parts.length + index]?.name ?? '', part.arrays);
  }
  return { description, arrays };
}

function mismatch(file: Hdf5File, problem: string): ThawError {
  return new ThawError('ERR_WEIGHTS_MISMATCH', `${file.origin} holds no network of this kind: ${problem}.`);
}
