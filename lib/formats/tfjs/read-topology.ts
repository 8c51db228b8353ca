import { FormatError, quoted } from './format-error.ts';
import { arrayAt, type JsonObject, objectAt, stringAt } from './json.ts';

/** A layer of a file's network; models within models are dissolved into their layers. */
export interface TopologyLayer {
  name: string;
  /** Keras' name of its class. */
  type: string;
  config: JsonObject;
  inputs: readonly TopologyLayer[];
}

/** What a residual network with a head is made of: any other class is refused by name. */
const LAYERS = new Set([
  'InputLayer',
  'ZeroPadding2D',
  'Conv2D',
  'BatchNormalization',
  'Activation',
  'MaxPooling2D',
  'Add',
  'GlobalAveragePooling2D',
  'Flatten',
  'Dropout',
  'Dense',
]);
const MODELS = new Set(['Model', 'Functional', 'Sequential']);
const DEEPEST = 8;

/**
 * Reads Keras' JSON of a model, as tfjs, Keras 2 and Keras 3 write it.
 * @returns the layer whose output is the network's; its inputs lead to all others, and never in a circle
 * @throws FormatError
 */
export function readTopology(modelTopology: unknown): TopologyLayer {
  const topology = objectAt(modelTopology, 'modelTopology');
  const model = objectAt(topology.model_config ?? topology, 'model_config');
  if (!MODELS.has(String(model.class_name))) {
    throw new FormatError(`its topology is ${quoted(model.class_name)}, which is no layers model`);
  }
  return outputOf(model, undefined, 0);
}

/** Dissolves a model: `input` takes the place of its input layer. */
function outputOf(model: JsonObject, input: TopologyLayer | undefined, depth: number): TopologyLayer {
  if (depth > DEEPEST) throw new FormatError(`its models are nested deeper than ${DEEPEST}`);
  return model.class_name === 'Sequential'
    ? outputOfSequence(model, input, depth)
    : outputOfGraph(objectAt(model.config, `a model's config`), input, depth);
}

function outputOfSequence(model: JsonObject, input: TopologyLayer | undefined, depth: number): TopologyLayer {
  // The config was the list of layers itself before Keras 2.3.
  const layers = Array.isArray(model.config)
    ? model.config
    : objectAt(model.config, `a model's config`).layers;
  let last = input;
  for (const item of arrayAt(layers, `a model's layers`)) {
    last = addLayer(objectAt(item, 'a layer'), last ? [last] : [], depth);
  }
  if (!last) throw new FormatError('it has a model without layers');
  return last;
}

function outputOfGraph(config: JsonObject, input: TopologyLayer | undefined, depth: number): TopologyLayer {
  const layers = new Map<string, TopologyLayer>();
  // Layers stand behind their inputs in every such file, which also rules out circles.
  const known = (name: string) => {
    const layer = layers.get(name);
    if (layer) return layer;
    throw new FormatError(`its layer ${quoted(name)} is used before it is listed`);
  };
  endOf(config.input_layers, 'input_layers');
  for (const item of arrayAt(config.layers, `a model's layers`)) {
    const layer = objectAt(item, 'a layer');
    const name = nameOf(layer);
    if (layers.has(name)) throw new FormatError(`it has two layers ${quoted(name)}`);
    const inputs = inboundNames(layer, name).map(known);
    layers.set(name, addLayer(layer, layer.class_name === 'InputLayer' && input ? [input] : inputs, depth));
  }
  return known(endOf(config.output_layers, 'output_layers'));
}

function addLayer(layer: JsonObject, inputs: TopologyLayer[], depth: number): TopologyLayer {
  const type = String(layer.class_name);
  if (MODELS.has(type)) {
    if (inputs.length > 1) throw new FormatError('it has a model with several inputs');
    return outputOf(layer, inputs[0], depth + 1);
  }
  const name = nameOf(layer);
  if (!LAYERS.has(type)) {
    throw new FormatError(
      `its layer ${quoted(name)} is of the class ${quoted(type)}, which is not supported`,
    );
  }
  if (type === 'InputLayer' && inputs[0]) return inputs[0];
  return { name, type, config: objectAt(layer.config, `the config of ${quoted(name)}`), inputs };
}

function nameOf(layer: JsonObject): string {
  const config = layer.config;
  const inner = typeof config === 'object' && config !== null ? (config as JsonObject).name : undefined;
  return stringAt(layer.name ?? inner, `a layer's name`);
}

/**
 * The names of a layer's inputs. Keras 2: `[[["conv1", 0, 0, {}], ...]]`. Keras 3:
 * `[{ args: [{ config: { keras_history: ["conv1", 0, 0] } }] }]`, with a list of them where a layer takes several.
 */
function inboundNames(layer: JsonObject, name: string): string[] {
  const calls = arrayAt(layer.inbound_nodes, `inbound_nodes of ${quoted(name)}`);
  if (calls.length === 0) return [];
  if (calls.length > 1) throw new FormatError(`its layer ${quoted(name)} is used more than once`);
  const [call] = calls;
  if (Array.isArray(call)) return call.map((input) => sourceOf(input, name));
  const args = arrayAt(objectAt(call, `inbound_nodes of ${quoted(name)}`).args, `args of ${quoted(name)}`);
  return args.flat().map((tensor) => {
    const config = objectAt(
      objectAt(tensor, `an input of ${quoted(name)}`).config,
      `an input of ${quoted(name)}`,
    );
    return sourceOf(config.keras_history, name);
  });
}

/** The name of `["conv1", node, tensor]`; the node is counted differently by different writers. */
function sourceOf(reference: unknown, name: string): string {
  const [source, , tensor] = arrayAt(reference, `an input of ${quoted(name)}`);
  if (tensor !== 0) throw new FormatError(`its layer ${quoted(name)} takes an output that no layer has`);
  return stringAt(source, `an input of ${quoted(name)}`);
}

/** The one input or output of a model: `[["conv1", 0, 0]]`, of Keras 3 `["conv1", 0, 0]`. */
function endOf(references: unknown, what: string): string {
  const list = arrayAt(references, what);
  if (typeof list[0] === 'string') return list[0];
  if (list.length !== 1) throw new FormatError(`its ${what} are not one`);
  return sourceOf(list[0], what);
}
