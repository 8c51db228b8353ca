import { ARCHITECTURES, type Variant } from '../../network/architecture.ts';
import type { ModelDescription } from '../../network/description.ts';
import type { HeadLayer } from '../../network/head.ts';
import { type GraphLayer, networkGraph } from '../graph.ts';
import { headLayerOf } from '../layers/head-layer.ts';
import { FormatError, quoted } from './format-error.ts';
import { type Metadata, preprocessingOf } from './metadata.ts';
import type { TopologyLayer } from './read-topology.ts';
import { layerConfig } from './topology.ts';

/** A network that is one of ours. */
export interface Recognised {
  description: ModelDescription;
  graph: readonly GraphLayer[];
  /** The name in the file of every layer of the graph. */
  names: ReadonlyMap<string, string>;
}

/**
 * Tells which network a file's layers are, by their types and connections, never by their names.
 * @throws FormatError where they are none that `networkGraph` lists
 */
export function recognise(output: TopologyLayer, metadata: Metadata): Recognised {
  const head: HeadLayer[] = [];
  let backbone = output;
  for (let layer = headLayer(backbone); layer; layer = headLayer(backbone)) {
    head.unshift(layer);
    backbone = inputOf(backbone);
  }

  const layers = ancestors(backbone);
  const convolutions = layers.filter(({ type }) => type === 'Conv2D');
  const variant: Variant = convolutions.some(({ config }) => config.use_bias !== false)
    ? 'keras'
    : 'torchvision';
  const input = layers.find(({ type }) => type === 'InputLayer');
  if (!input) throw new FormatError('it has no input layer');
  const preprocessing = preprocessingOf(input, variant, metadata);

  for (const architecture of ARCHITECTURES) {
    const description = { architecture, variant, head, classes: metadata.classes, preprocessing };
    const graph = networkGraph(description);
    if (graph.filter(({ type }) => type === 'Conv2D').length === convolutions.length) {
      return { description, graph, names: matched(graph, output) };
    }
  }
  throw new FormatError(`its network is none of ${ARCHITECTURES.join(', ')}`);
}

/** The layer as one of a head; undefined where it is none. */
function headLayer({ type, name, config }: TopologyLayer): HeadLayer | undefined {
  try {
    return headLayerOf(type, config);
  } catch (error) {
    throw new FormatError(`its layer ${quoted(name)} cannot be: ${(error as Error).message}`);
  }
}

function inputOf(layer: TopologyLayer): TopologyLayer {
  const [input] = layer.inputs;
  if (input && layer.inputs.length === 1) return input;
  throw new FormatError(`its layer ${quoted(layer.name)} has ${layer.inputs.length} inputs`);
}

function ancestors(layer: TopologyLayer): TopologyLayer[] {
  const found = new Set([layer]);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const each of found) for (const input of each.inputs) found.add(input);
  return [...found];
}

/** Walks both networks from their outputs and compares what they meet. */
function matched(graph: readonly GraphLayer[], output: TopologyLayer): Map<string, string> {
  const byName = new Map(graph.map((layer) => [layer.name, layer]));
  const pairs = new Map<string, TopologyLayer>([[graph.at(-1)?.name ?? '', output]]);
  for (const [name, layer] of pairs) {
    const wanted = byName.get(name) as GraphLayer;
    checkLayer(wanted, layer);
    for (const [index, input] of wanted.inputs.entries()) {
      const source = layer.inputs[index] as TopologyLayer;
      if ((pairs.get(input) ?? source) !== source) throw unlike(layer, 'inputs');
      pairs.set(input, source);
    }
  }
  return new Map([...pairs].map(([name, layer]) => [name, layer.name]));
}

/** What changes a layer's output and has one value in every network of ours, which it has where it is left out. */
const CONSTANTS: Readonly<Record<string, unknown>> = {
  data_format: 'channels_last',
  dilation_rate: [1, 1],
  groups: 1,
  center: true,
  scale: true,
  renorm: false,
  keepdims: false,
};

function checkLayer(wanted: GraphLayer, layer: TopologyLayer): void {
  if (layer.type !== wanted.type) throw unlike(layer, `class (${layer.type}, not ${wanted.type})`);
  if (layer.inputs.length !== wanted.inputs.length) throw unlike(layer, 'inputs');
  if (wanted.type === 'InputLayer') return;
  // The share of old statistics matters to training alone, and the variant has its own.
  const { axis: _, epsilon, momentum: __, ...exact } = layerConfig(wanted);
  const { config } = layer;
  for (const [key, value] of Object.entries({ ...CONSTANTS, ...exact })) {
    const actual = key in CONSTANTS ? (config[key] ?? value) : config[key];
    if (!same(actual, value)) throw unlike(layer, key);
  }
  if (wanted.type !== 'BatchNormalization') return;
  // Written so that what is no number fails as well.
  if (!(Math.abs((config.epsilon as number) - (epsilon as number)) <= 1e-9)) throw unlike(layer, 'epsilon');
  const axis = Array.isArray(config.axis) && config.axis.length === 1 ? config.axis[0] : config.axis;
  const last = wanted.tensors.startsWith('head.') ? [-1, 1, 3] : [-1, 3];
  if (!last.includes(axis)) throw unlike(layer, 'axis');
}

/** Of numbers, texts, and short lists of lists of them. */
function same(actual: unknown, wanted: unknown): boolean {
  if (!Array.isArray(wanted)) return actual === wanted;
  return (
    Array.isArray(actual) &&
    actual.length === wanted.length &&
    wanted.every((item, index) => same(actual[index], item))
  );
}

function unlike(layer: TopologyLayer, what: string): FormatError {
  return new FormatError(`its layer ${quoted(layer.name)} is not that of a ResNet: other ${what}`);
}
