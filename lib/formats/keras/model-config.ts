import { ThawError } from '../../errors.ts';
import { containerNames } from './names.ts';

/** A layer as a file's config has it, with nested models laid open. */
export interface ConfigLayer {
  name: string;
  /** Keras' class. */
  type: string;
  config: Readonly<Record<string, unknown>>;
  /** The layers whose outputs it takes. */
  inputs: readonly string[];
  /** Where Keras 3 keeps its variables: `layers/functional/layers/conv2d_1`. */
  path: string;
}

export interface ModelConfig {
  /** In Keras' order, a nested model's in its place; one InputLayer, or none where the file has none. */
  layers: ConfigLayer[];
  /** The layer whose output is the model's. */
  output: string;
}

type Json = Readonly<Record<string, unknown>>;

const MODELS = ['Sequential', 'Functional', 'Model'];
const MAX_DEPTH = 4;
const MAX_LAYERS = 10_000;

/**
 * Reads the JSON of a model: Sequential or functional, written by Keras 2 or 3, models in models.
 * @throws ThawError ERR_WEIGHTS_FORMAT for what is no such JSON, ERR_WEIGHTS_MISMATCH for another kind of graph
 */
export function parseModelConfig(text: string, origin: string): ModelConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ThawError('ERR_WEIGHTS_FORMAT', `${origin} cannot be read: its model config is no JSON.`, {
      cause: error,
    });
  }
  const layers: ConfigLayer[] = [];
  const output = layOpen(object(json, origin), undefined, 'layers', 0);
  return { layers, output };

  /** Appends the layers of a model and returns the one whose output is the model's. */
  function layOpen(model: Json, feed: string | undefined, path: string, depth: number): string {
    const type = String(model.class_name);
    if (!MODELS.includes(type))
      throw mismatch(origin, `it is a ${type}, not a Sequential or functional model`);
    if (depth > MAX_DEPTH) throw mismatch(origin, `its models are nested more than ${MAX_DEPTH} deep`);
    // Before 2.2.3 the config of a Sequential was the list itself.
    const config = Array.isArray(model.config) ? { layers: model.config } : object(model.config, origin);
    const list = array(config.layers, origin).map((layer) => object(layer, origin));
    if (layers.length + list.length > MAX_LAYERS) throw mismatch(origin, 'it has too many layers');
    const paths = containerNames(list.map((layer) => String(layer.class_name)));
    /** What a name within this model stands for: an input of a nested model is the layer that feeds it. */
    const outputs = new Map<string, string>();
    let previous = feed;
    for (const [index, layer] of list.entries()) {
      const layerType = String(layer.class_name);
      const layerConfig = object(layer.config, origin);
      const name = String(layer.name ?? layerConfig.name);
      if (outputs.has(name)) throw mismatch(origin, `it has two layers called ${name}`);
      const place = `${path}/${paths[index]}`;
      if (layerType === 'InputLayer' && feed !== undefined) {
        outputs.set(name, feed);
        continue;
      }
      const chained = previous === undefined ? [] : [previous];
      const inputs =
        type === 'Sequential'
          ? chained
          : inboundNames(layer, origin).map((input) => {
              const source = outputs.get(input);
              if (source === undefined)
                throw mismatch(origin, `${name} takes ${input}, which is not before it`);
              return source;
            });
      if (MODELS.includes(layerType)) {
        if (inputs.length > 1) throw mismatch(origin, `the model ${name} in it takes more than one input`);
        previous = layOpen(layer, inputs[0], `${place}/layers`, depth + 1);
      } else {
        layers.push({ name, type: layerType, config: layerConfig, inputs, path: place });
        previous = name;
      }
      outputs.set(name, previous);
    }
    if (previous === undefined) throw mismatch(origin, 'it has no layers');
    if (type === 'Sequential') return previous;
    if (referenced(config.input_layers).length !== 1) throw mismatch(origin, 'it has more than one input');
    const ends = referenced(config.output_layers);
    const end = ends.length === 1 ? outputs.get(ends[0] ?? '') : undefined;
    if (end === undefined) throw mismatch(origin, 'it has no single output');
    return end;
  }
}

/** The layers named by `["a", 0, 0]` or `[["a", 0, 0], ...]`. */
function referenced(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  if (typeof value[0] === 'string') return [value[0]];
  return value.flatMap((item) => (Array.isArray(item) ? [String(item[0])] : []));
}

/** The layers from which a functional model's layer takes its inputs. */
function inboundNames(layer: Json, origin: string): string[] {
  const nodes = array(layer.inbound_nodes ?? [], origin);
  if (nodes.length > 1) throw mismatch(origin, `${String(layer.name)} is used more than once`);
  const [node] = nodes;
  if (node === undefined) return [];
  // Keras 2: [["a", 0, 0, {}], ...]; Keras 3: { args: [tensor, [tensor, ...], ...] }.
  if (Array.isArray(node)) return referenced(node);
  const tensors = array(object(node, origin).args, origin).flat();
  return tensors.map((tensor) => {
    const config = object(object(tensor, origin).config, origin);
    return String(array(config.keras_history, origin)[0]);
  });
}

function object(value: unknown, origin: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new ThawError('ERR_WEIGHTS_FORMAT', `${origin} cannot be read: its model config is no Keras config.`);
}

function array(value: unknown, origin: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new ThawError('ERR_WEIGHTS_FORMAT', `${origin} cannot be read: its model config is no Keras config.`);
}

function mismatch(origin: string, problem: string): ThawError {
  return new ThawError(
    'ERR_WEIGHTS_MISMATCH',
    `${origin} holds no such network as Keras' ResNet: ${problem}.`,
  );
}
