import type { GraphLayer } from '../graph.ts';
import { layerFacts } from '../layers/facts.ts';
import { named, shown } from '../refuse.ts';
import type { FileLayer } from './read.ts';

export interface Match {
  /** The file's layer that each layer of the graph is, by the latter's name: whole where there are no differences. */
  layers: ReadonlyMap<string, FileLayer>;
  /** As ends of sentences, the one nearest to the output first. */
  differences: readonly string[];
}

/** Walks a graph and a file's network from their outputs along the inputs, and compares what stands in one place. */
export function matched(graph: readonly GraphLayer[], output: FileLayer): Match {
  const shapes = new Map(graph.map(({ name, outputShape }) => [name, outputShape]));
  const layers = new Map<string, FileLayer>();
  /** The layer of the file through which each was first met. */
  const takers = new Map<string, FileLayer>();
  const differences: string[] = [];
  layers.set(graph.at(-1)?.name ?? '', output);
  // Layers stand behind those that they take: from the end, each has been met before it is looked at.
  for (const wanted of graph.toReversed()) {
    const layer = layers.get(wanted.name);
    const rank = shapes.get(wanted.inputs[0] ?? '')?.length ?? 0;
    const difference = layer ? differenceOf(wanted, layer, rank) : 'it ends early';
    if (difference) differences.push(difference);
    for (const [index, input] of wanted.inputs.entries()) {
      const source = layer?.inputs[index];
      if (!layer || !source) continue;
      const met = layers.get(input) ?? source;
      const taker = takers.get(input) ?? layer;
      if (met !== source) {
        const [both, sources] = [
          [taker, layer],
          [met, source],
        ].map((pair) => pair.map(({ name }) => named(name)).join(' and '));
        differences.push(`its layers ${both} take ${sources}, which should be one layer`);
        continue;
      }
      layers.set(input, source);
      takers.set(input, layer);
    }
  }
  return { layers, differences };
}

/** What has one value in every network here, which it has where a file leaves it out. */
const CONSTANTS: Readonly<Record<string, unknown>> = {
  data_format: 'channels_last',
  dilation_rate: [1, 1],
  groups: 1,
  center: true,
  scale: true,
  renorm: false,
  keepdims: false,
  noise_shape: null,
};

/** `rank`: the axes of the layer's input, the batch not counted. */
function differenceOf(wanted: GraphLayer, layer: FileLayer, rank: number): string | undefined {
  const name = named(layer.name);
  if (layer.type !== wanted.type)
    return `its layer ${name} has the class ${named(layer.type)} where ${wanted.type} is expected`;
  if (layer.inputs.length !== wanted.inputs.length) {
    return `its layer ${name} takes ${layer.inputs.length} inputs and not ${wanted.inputs.length}`;
  }
  for (const [key, expected] of Object.entries({ ...CONSTANTS, ...layerFacts(wanted) })) {
    const value = key === 'axis' ? axisOf(layer.config, rank) : (layer.config[key] ?? CONSTANTS[key]);
    if (same(value, expected)) continue;
    return `its layer ${name} has ${key} ${shown(value)} where ${shown(expected)} is expected`;
  }
  return undefined;
}

/** -1 where it is the last one: Keras 2 writes [3], Keras 3 writes 3 or -1. */
function axisOf({ axis }: FileLayer['config'], rank: number): unknown {
  const value = Array.isArray(axis) && axis.length === 1 ? axis[0] : axis;
  return value === rank ? -1 : value;
}

/** Of numbers, texts, and lists; fractions within what a writer loses who keeps them as float32. */
function same(value: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    const list = Array.isArray(value) && value.length === expected.length ? value : undefined;
    return list?.every((item, index) => same(item, expected[index])) ?? false;
  }
  if (typeof value !== 'number' || typeof expected !== 'number' || Number.isInteger(expected)) {
    return value === expected;
  }
  return Math.abs(value - expected) <= 1e-6 * Math.abs(expected);
}
