import type { GraphLayer, OutputShape } from '../graph.ts';
import { layerFacts } from '../layers/facts.ts';
import { type Arranged, isModel, leaves } from './arrange.ts';

/** keras2: what `.h5` files and TensorFlow.js' `model.json` hold; keras3: what `.keras` files hold. */
export type ConfigStyle = 'keras2' | 'keras3';

/** What `JSON.stringify` makes a model config of. */
export interface ModelConfig {
  class_name: string;
  config: { name: string; layers: unknown[]; [key: string]: unknown };
  [key: string]: unknown;
}

/**
 * A network in the JSON of a file. Its layers have the names of the graph, hence `global_average_pooling2d` and `dense`
 * where `keras.applications` says `avg_pool` and `predictions`. What is left out (initialisers, regularisers) has a
 * default and says nothing about a trained network.
 */
export function modelConfig(model: Arranged, style: ConfigStyle): ModelConfig {
  const { name, type: class_name } = model;
  const shapes = new Map(leaves(model).map((layer) => [layer.name, layer.outputShape]));
  const configOf = (layer: GraphLayer | Arranged) =>
    isModel(layer) ? modelConfig(layer, style) : layerConfig(layer, shapes, style);
  const layers = model.layers.map(configOf);
  const first = leaves(model)[0];
  const [input_layers, output_layers] = [first, model.layers.at(-1)].map((layer) => [layer?.name, 0, 0]);
  const inside =
    class_name === 'Sequential'
      ? { build_input_shape: [null, ...(first?.outputShape ?? [])] }
      : { input_layers, output_layers };
  const config = { name, trainable: true, layers, ...inside };
  if (style === 'keras2') return { class_name, config };
  const module = class_name === 'Sequential' ? 'keras' : 'keras.src.models.functional';
  return { module, class_name, config, registered_name: class_name, compile_config: null };
}

function layerConfig(layer: GraphLayer, shapes: ReadonlyMap<string, OutputShape>, style: ConfigStyle) {
  const { name, type: class_name, inputs } = layer;
  const batch = (of: string) => [null, ...(shapes.get(of) ?? [])];
  const shape = style === 'keras2' ? 'batch_input_shape' : 'batch_shape';
  const config =
    layer.type === 'InputLayer'
      ? { name, dtype: 'float32', sparse: false, [shape]: batch(name) }
      : { name, trainable: true, dtype: 'float32', ...layerFacts(layer) };
  if (style === 'keras2') {
    const inbound_nodes = inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [];
    return { class_name, config, name, inbound_nodes };
  }
  const tensors = inputs.map((input) => ({
    class_name: '__keras_tensor__',
    config: { shape: batch(input), dtype: 'float32', keras_history: [input, 0, 0] },
  }));
  // A merging layer takes one argument, the list of its inputs.
  const args = tensors.length > 1 ? [tensors] : tensors;
  const inbound_nodes = inputs.length > 0 ? [{ args, kwargs: {} }] : [];
  return { module: 'keras.layers', class_name, config, registered_name: null, name, inbound_nodes };
}
