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
import { type KnownNetwork, knownNetworks, nearest, USUAL_SIZE } from '../known-networks.ts';
import { graphVariables } from '../layers/variables.ts';
import { otherNetwork } from '../refuse.ts';
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

/**
 * The network without a head whose convolutions have arrays of the shapes that stand in the file; the nearest, where
 * none has them all. `arraysOf` gives a convolution's, by its name and its number among them; undefined where the file
 * holds no such convolution, and the network is then another.
 */
export function networkOf(
  file: Hdf5File,
  count: number,
  arraysOf: (name: string, index: number) => readonly string[] | undefined,
): KnownNetwork | undefined {
  const candidates = knownNetworks().flatMap((network) => {
    const convolutions = network.graph.filter(({ type }) => type === 'Conv2D');
    const stored = convolutions.map(({ name }, index) => arraysOf(name, index));
    if (convolutions.length !== count || stored.includes(undefined)) return [];
    return [{ network, convolutions, stored }];
  });
  const found = nearest(candidates, ({ network, convolutions, stored }) => {
    const variables = graphVariables(network.graph);
    return convolutions.filter(({ name }, index) => {
      const wanted = (variables.get(name) ?? []).map(({ shape }) => shape.join());
      const shapes = (stored[index] ?? []).map((path) => file.array(path).shape.join());
      return wanted.join(' ') !== shapes.join(' ');
    }).length;
  });
  return found?.network;
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
  throw otherNetwork(
    file.origin,
    `its layer ${name} is neither a dense layer with a bias nor a whole batch normalization`,
  );
}

/** The network of what was found; undefined `flattened`: neither a Flatten nor a pooling layer was seen. */
export function assemble(
  file: Hdf5File,
  { description: { architecture, variant }, graph: backbone }: KnownNetwork,
  arrays: Map<string, string[]>,
  parts: readonly HeadPart[],
  flattened: boolean | undefined,
): Told {
  const [height = 1, , channels = 0] = backbone.at(-1)?.outputShape ?? [];
  const features = parts[0]?.inputs ?? channels;
  const side = Math.sqrt(features / channels);
  const flat = flattened ?? side !== 1;
  const fits = flat ? Number.isSafeInteger(side) : features === channels;
  if (!fits) throw otherNetwork(file.origin, `its head takes ${features} features; save the whole model`);
  if (!flat && flattened === undefined && parts.length > 0) {
    throw otherNetwork(file.origin, 'its head does not pool');
  }
  const pixels = USUAL_SIZE.height / height;
  const size = flat && parts.length > 0 ? pixels * side : USUAL_SIZE.height;
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
