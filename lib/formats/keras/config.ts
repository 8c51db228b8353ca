import type { ModelDescription } from '../../network/description.ts';
import { type GraphLayer, networkGraph } from '../graph.ts';
import { layerFacts } from '../layers/facts.ts';
import { type OutputShape, outputShapes } from '../layers/shapes.ts';

/** keras2: what `.h5` files and TensorFlow.js' `model.json` hold; keras3: what `.keras` files hold. */
export type ConfigStyle = 'keras2' | 'keras3';

/** What `JSON.stringify` makes a model config of. */
export interface KerasConfig {
  class_name: 'Functional';
  config: {
    name: string;
    trainable: boolean;
    layers: unknown[];
    /** keras2: a list of [layer, 0, 0]; keras3: that of the one layer. */
    input_layers: unknown[];
    output_layers: unknown[];
  };
  [key: string]: unknown;
}

/**
 * The network as a functional Keras model, in the JSON of a file. Its layers have
 * the names of `networkGraph`, hence `global_average_pooling2d` and `dense` where `keras.applications` says
 * `avg_pool` and `predictions`.
 */
export function kerasConfig(description: ModelDescription, style: ConfigStyle): KerasConfig {
  const graph = networkGraph(description);
  const shapes = outputShapes(graph);
  const ends = [graph[0], graph.at(-1)].map((layer): unknown[] => [layer?.name, 0, 0]);
  const [input_layers = [], output_layers = []] = style === 'keras2' ? ends.map((end) => [end]) : ends;
  const model: KerasConfig = {
    class_name: 'Functional',
    config: {
      name: description.architecture,
      trainable: true,
      layers: graph.map((layer) => layerConfig(layer, shapes, style)),
      input_layers,
      output_layers,
    },
  };
  if (style === 'keras2') return model;
  return {
    module: 'keras.src.models.functional',
    ...model,
    registered_name: 'Functional',
    compile_config: null,
  };
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
