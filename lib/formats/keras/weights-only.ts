import { ThawError } from '../../errors.ts';
import { type Architecture, STAGES } from '../../network/architecture.ts';
import type { ModelDescription } from '../../network/description.ts';
import {
  batchNormalization,
  dense,
  flatten,
  globalAveragePooling,
  type HeadLayer,
} from '../../network/head.ts';
import { preprocessingFor } from '../../network/preprocessing.ts';
import { networkGraph } from '../graph.ts';
import type { Hdf5File } from './hdf5-file.ts';

/** A network told from names and shapes alone, and the arrays of each layer that has variables, in Keras' order. */
export interface Told {
  description: ModelDescription;
  /** By the layer's name in `networkGraph(description)`. */
  arrays: Map<string, string[]>;
}

/** A layer of a head with variables: what its arrays' shapes say. */
export interface HeadPart {
  arrays: string[];
  kind: 'dense' | 'batchNormalization';
  /** dense: length of the input */
  inputs: number;
  /** Length of the output. */
  outputs: number;
}

/** The layers of a network without its head. */
export function backboneOf(architecture: Architecture, bias: boolean) {
  const variant = bias ? 'keras' : 'torchvision';
  const preprocessing = preprocessingFor([224, 224, 3], variant);
  return networkGraph({ architecture, variant, head: [], classes: [], preprocessing });
}

/** What the shapes of a layer's arrays say of it. */
export function headPart(file: Hdf5File, name: string, arrays: string[]): HeadPart {
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

/** The network of what was found; undefined `flattened`: neither a Flatten nor a pooling layer was seen. */
export function assemble(
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

export function mismatch(file: Hdf5File, problem: string): ThawError {
  return new ThawError('ERR_WEIGHTS_MISMATCH', `${file.origin} holds no network of this kind: ${problem}.`);
}
