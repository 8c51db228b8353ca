import { knownClasses } from '../known-networks.ts';
import { otherNetwork } from '../refuse.ts';
import { containerNames } from '../topology/names.ts';
import type { Hdf5File } from './hdf5-file.ts';
import { assemble, type HeadPart, headPart, networkOf, type Told } from './weights-only.ts';

const MODELS = ['functional', 'sequential', 'model'];

/** From Keras 3's layout of weights alone: its layers are counted within their classes. */
export function toldFromCurrent(file: Hdf5File): Told {
  const outer = counted(file, '/layers');
  const nested = MODELS.flatMap((name) => outer.get(name) ?? []);
  if (nested.length > 1) throw otherNetwork(file.origin, 'it holds more than one model within the model');
  const [model] = nested;
  const inner = model === undefined ? outer : counted(file, `${model}/layers`);
  const classes = [...MODELS, ...containerNames([...knownClasses()])];
  for (const name of [...outer.keys(), ...inner.keys()]) {
    if (!classes.includes(name)) throw otherNetwork(file.origin, `it holds a layer of the class ${name}`);
  }
  const around = (name: string) => (inner === outer ? [] : (outer.get(name) ?? []));
  const every = (name: string) => [...(inner.get(name) ?? []), ...around(name)];
  const convolutions = (inner.get('conv2d') ?? []).map((path) => variablesAt(file, path));
  const network = networkOf(file, convolutions.length, (_, index) => convolutions[index]);
  if (!network || around('conv2d').length > 0) {
    throw otherNetwork(file.origin, `it has ${every('conv2d').length} convolutions`);
  }
  const arrays = new Map<string, string[]>();
  const normalizations = (inner.get('batch_normalization') ?? []).values();
  const stored = convolutions.values();
  for (const { name, type } of network.graph) {
    if (type === 'Conv2D') arrays.set(name, stored.next().value ?? []);
    if (type !== 'BatchNormalization') continue;
    const path = normalizations.next().value;
    if (path === undefined) throw otherNetwork(file.origin, `the layer ${name} is missing`);
    arrays.set(name, variablesAt(file, path));
  }
  const part = (path: string) => headPart(file, path, variablesAt(file, path));
  // What the network itself did not take, then what stands around it.
  const norms = [...normalizations, ...around('batch_normalization')];
  const parts = interleave(file, every('dense').map(part), norms.map(part));
  // Flattened after pooling is pooled.
  const pooled = every('global_average_pooling2d').length > 0;
  const flattened = pooled ? false : every('flatten').length > 0 || undefined;
  return assemble(file, network, arrays, parts, flattened);
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

/** Puts each normalization where the length of the features fits, if there is one such place only. */
function interleave(file: Hdf5File, denses: readonly HeadPart[], norms: readonly HeadPart[]): HeadPart[] {
  const lengths = [denses[0]?.inputs, ...denses.map(({ outputs }) => outputs)];
  const places = norms.map((norm) => {
    const fitting = lengths.flatMap((length, place) => (length === norm.outputs ? [place] : []));
    if (fitting.length === 1) return fitting[0] as number;
    throw otherNetwork(
      file.origin,
      'its weights alone do not tell where a batch normalization stands; save the whole model',
    );
  });
  const at = (place: number) => norms.filter((_, index) => places[index] === place);
  return [...at(0), ...denses.flatMap((part, index) => [part, ...at(index + 1)])];
}
