import { ThawError } from '../../errors.ts';
import { ARCHITECTURES, type Architecture, STAGES } from '../../network/architecture.ts';
import type { ModelDescription } from '../../network/description.ts';
import type { HeadLayer } from '../../network/head.ts';
import { preprocessingFor } from '../../network/preprocessing.ts';
import { type GraphLayer, networkGraph } from '../graph.ts';
import { layerFacts } from '../layers/facts.ts';
import { headLayerOf } from '../layers/head-layer.ts';
import { outputShapes } from '../layers/shapes.ts';
import type { ConfigLayer, ModelConfig } from './model-config.ts';

/** A network that was told from a config, and where each of its layers stands in that config. */
export interface Recognised {
  description: ModelDescription;
  /** By the layer's name in `networkGraph(description)`. */
  layers: Map<string, ConfigLayer>;
}

/** What an older Keras leaves out has this value. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  groups: 1,
  dilation_rate: [1, 1],
  keepdims: false,
  noise_shape: null,
};
const LARGEST_INPUT = 8192;

/**
 * Tells the network from a config and compares every layer with it: kind, options, inputs.
 * @throws ThawError ERR_WEIGHTS_MISMATCH that names the first layer that differs
 */
export function recognise(config: ModelConfig, origin: string): Recognised {
  const byName = new Map<string, ConfigLayer>();
  for (const layer of config.layers) {
    if (byName.has(layer.name)) throw mismatch(origin, `it has two layers called ${layer.name}`);
    byName.set(layer.name, layer);
  }
  const architecture = architectureNamed([...byName.keys()], origin);
  const variant = byName.get('conv1_conv')?.config.use_bias === false ? 'torchvision' : 'keras';
  const preprocessing = preprocessingFor(inputShape(config.layers, origin), variant);
  const plain = { architecture, variant, classes: [], preprocessing } as const;

  const backbone = networkGraph({ ...plain, head: [] });
  const own = new Set(backbone.slice(1).map(({ name }) => name));
  const after = config.layers.filter(({ name, type }) => type !== 'InputLayer' && !own.has(name));
  const head = after.map((layer) => headLayer(layer, origin));
  const description: ModelDescription = { ...plain, head };

  const graph = networkGraph(description);
  const heads = graph.slice(backbone.length);
  const layers = new Map<string, ConfigLayer>();
  for (const { name } of backbone.slice(1)) {
    const layer = byName.get(name);
    if (!layer) throw mismatch(origin, `the layer ${name} of ${architecture} is missing`);
    layers.set(name, layer);
  }
  for (const [index, { name }] of heads.entries()) layers.set(name, after[index] as ConfigLayer);
  const input = config.layers.find(({ type }) => type === 'InputLayer');
  if (input) layers.set(graph[0]?.name ?? '', input);
  const shapes = outputShapes(graph);
  for (const layer of graph.slice(1)) {
    const rank = shapes.get(layer.inputs[0] ?? '')?.length ?? 0;
    compare(layer, layers, rank, origin);
  }
  const last = layers.get(graph.at(-1)?.name ?? '');
  if (last?.name !== config.output) throw mismatch(origin, `its output is that of ${config.output}`);
  return { description, layers };
}

/** Tells the architecture from Keras' names of its layers. @throws ThawError ERR_WEIGHTS_MISMATCH */
export function architectureNamed(names: readonly string[], origin: string): Architecture {
  const depths = [2, 3, 4, 5].map(
    (stage) => names.filter((name) => new RegExp(`^conv${stage}_block\\d+_1_conv$`).test(name)).length,
  );
  const bottleneck = names.includes('conv2_block1_3_conv');
  const found = ARCHITECTURES.find(
    (name) => STAGES[name].depths.join() === depths.join() && STAGES[name].bottleneck === bottleneck,
  );
  if (found) return found;
  throw mismatch(origin, `its layers are those of none of ${ARCHITECTURES.join(', ')}`);
}

/** [height, width, 3] of the input, 224 x 224 where the config leaves it open. */
function inputShape(layers: readonly ConfigLayer[], origin: string) {
  const inputs = layers.filter(({ type }) => type === 'InputLayer');
  if (inputs.length > 1) throw mismatch(origin, 'it has more than one input');
  const config = (inputs[0] ?? layers[0])?.config;
  const shape = config?.batch_shape ?? config?.batch_input_shape;
  if (!Array.isArray(shape) || shape.length !== 4 || shape[3] !== 3) {
    throw mismatch(origin, `its input is ${JSON.stringify(shape)} and not images of three channels`);
  }
  const [height, width] = shape.slice(1, 3).map((size) => size ?? 224);
  for (const size of [height, width]) {
    if (Number.isSafeInteger(size) && size >= 32 && size <= LARGEST_INPUT) continue;
    throw mismatch(
      origin,
      `its input is ${JSON.stringify(shape)}, where 32 to ${LARGEST_INPUT} pixels can be`,
    );
  }
  return [height, width, 3];
}

function headLayer({ name, type, config }: ConfigLayer, origin: string): HeadLayer {
  try {
    const layer = headLayerOf(type, config);
    if (layer) return layer;
  } catch (error) {
    throw mismatch(origin, `its layer ${name} is out of the ordinary: ${(error as Error).message}`, error);
  }
  throw mismatch(
    origin,
    `its layer ${name} is a ${type}, which is not of the network and cannot stand in a head`,
  );
}

/** `rank`: the axes of the layer's input, the batch not counted. */
function compare(
  layer: GraphLayer,
  layers: ReadonlyMap<string, ConfigLayer>,
  rank: number,
  origin: string,
): void {
  const found = layers.get(layer.name) as ConfigLayer;
  const { name, type, config } = found;
  if (type !== layer.type) throw mismatch(origin, `its layer ${name} is a ${type} and not a ${layer.type}`);
  for (const [key, expected] of Object.entries(layerFacts(layer))) {
    const value = key === 'axis' ? axisOf(config, rank) : (config[key] ?? DEFAULTS[key]);
    if (JSON.stringify(value) === JSON.stringify(expected)) continue;
    throw mismatch(
      origin,
      `its layer ${name} has ${key} ${JSON.stringify(value)} where ${JSON.stringify(expected)} is expected`,
    );
  }
  const inputs = layer.inputs.flatMap((input) => layers.get(input)?.name ?? []);
  if (inputs.join() !== found.inputs.join()) {
    throw mismatch(
      origin,
      `its layer ${name} takes ${found.inputs.join(' and ')} and not ${inputs.join(' and ')}`,
    );
  }
}

/** -1 where it is the last one: Keras 2 writes [3], Keras 3 writes 3 or -1. */
function axisOf({ axis }: ConfigLayer['config'], rank: number): unknown {
  const [value] = [axis].flat();
  return value === rank ? -1 : value;
}

function mismatch(origin: string, problem: string, cause?: unknown): ThawError {
  const sentence = `${origin} holds no network of this kind: ${problem.replace(/\.$/, '')}.`;
  return new ThawError('ERR_WEIGHTS_MISMATCH', sentence, cause === undefined ? undefined : { cause });
}
