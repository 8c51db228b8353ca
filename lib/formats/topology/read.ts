import { named, otherNetwork } from '../refuse.ts';
import { endOf, inboundNames } from './inbound.ts';
import { arrayIn, type JsonObject, objectIn, stringIn } from './json.ts';
import { containerNames } from './names.ts';

/** A layer of a file's network. */
export interface FileLayer {
  /** In the file, where no other has it. */
  name: string;
  /** Keras' class. */
  type: string;
  config: JsonObject;
  /** The layers whose outputs it takes: never in a circle. */
  inputs: readonly FileLayer[];
  /** Where Keras 3 keeps its variables: `layers/functional/layers/conv2d_1`. */
  path: string;
}

export interface Topology {
  /** In the order of the file, a nested model's in its place; each leads to the output. */
  layers: readonly FileLayer[];
  output: FileLayer;
}

const MODELS = ['Sequential', 'Functional', 'Model'];
const MAX_DEPTH = 8;
const MAX_LAYERS = 10_000;

/**
 * Reads Keras' JSON of a model, as `.keras` and `.h5` files and TensorFlow.js' `model.json` hold it: Sequential or
 * functional, written by Keras 2 or 3 or TensorFlow.js, models in models laid open.
 * @throws ThawError ERR_WEIGHTS_FORMAT for what is no such JSON, ERR_WEIGHTS_MISMATCH for another kind of graph
 */
export function readTopology(json: unknown, origin: string): Topology {
  const layers = new Map<string, FileLayer>();
  const output = layOpen(objectIn(json, origin), undefined, 'layers', 0);
  const leading = ancestors(output);
  const idle = [...layers.values()].findLast((layer) => !leading.has(layer));
  if (idle) refuse(`its layer ${named(idle.name)} does not lead to its output`);
  return { layers: [...layers.values()], output };

  /** Adds the layers of a model, whose input is what `feed` gives, and returns the one whose output is the model's. */
  function layOpen(model: JsonObject, feed: FileLayer | undefined, path: string, depth: number): FileLayer {
    const type = stringIn(model.class_name, origin);
    if (!MODELS.includes(type)) refuse(`it is a ${named(type)}, not a Sequential or functional model`);
    if (depth > MAX_DEPTH) refuse(`its models are nested more than ${MAX_DEPTH} deep`);
    const sequential = type === 'Sequential';
    // Before Keras 2.2.3 the config of a Sequential was the list itself.
    const config = Array.isArray(model.config) ? { layers: model.config } : objectIn(model.config, origin);
    const list = arrayIn(config.layers, origin).map((layer) => objectIn(layer, origin));
    if (layers.size + list.length > MAX_LAYERS) refuse('it has too many layers');
    const places = containerNames(list.map(({ class_name }) => stringIn(class_name, origin)));
    const input = sequential ? undefined : endOf(config.input_layers, 'input', origin);
    /** What a name within this model stands for. */
    const known = new Map<string, FileLayer>();
    const source = (name: string, taker: string) =>
      known.get(name) ?? refuse(`${taker} takes ${named(name)}, which is not before it`);
    let last = feed;
    for (const [index, layer] of list.entries()) {
      const name = nameOf(layer);
      if (known.has(name)) refuse(`it has two layers called ${named(name)}`);
      const chained = last ? [last] : [];
      const inputs = sequential
        ? chained
        : inboundNames(layer, name, origin).map((each) => source(each, named(name)));
      const entry = layer.class_name === 'InputLayer' && (sequential ? index === 0 : name === input);
      last = entry && feed ? feed : addLayer(layer, name, inputs, `${path}/${places[index]}`, depth);
      known.set(name, last);
    }
    if (!last) return refuse('it has a model without layers');
    return sequential ? last : source(endOf(config.output_layers, 'output', origin), 'its output');
  }

  function addLayer(
    layer: JsonObject,
    name: string,
    inputs: readonly FileLayer[],
    path: string,
    depth: number,
  ): FileLayer {
    const type = stringIn(layer.class_name, origin);
    if (MODELS.includes(type)) {
      if (inputs.length > 1) refuse(`the model ${named(name)} in it takes more than one input`);
      return layOpen(layer, inputs[0], `${path}/layers`, depth + 1);
    }
    if (layers.has(name)) refuse(`it has two layers called ${named(name)}`);
    const added = { name, type, config: objectIn(layer.config, origin), inputs, path };
    layers.set(name, added);
    return added;
  }

  function nameOf({ name, config }: JsonObject): string {
    return stringIn(name ?? (Array.isArray(config) ? undefined : objectIn(config, origin).name), origin);
  }

  function refuse(problem: string): never {
    throw otherNetwork(origin, problem);
  }
}

function ancestors(layer: FileLayer): Set<FileLayer> {
  const found = new Set([layer]);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const each of found) for (const input of each.inputs) found.add(input);
  return found;
}
