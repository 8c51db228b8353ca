import type { ModelDescription } from '../../model/saved-model.ts';
import { type GraphLayer, networkGraph } from '../graph.ts';
import { layerFacts } from './facts.ts';
import { type OutputShape, outputShapes } from './shapes.ts';

/** keras2: what `.h5` files and TensorFlow.js' `model.json` hold; keras3: what `.keras` files hold. */
export type ConfigStyle = 'keras2' | 'keras3';

/**
 * The network as a functional Keras model, in the JSON of a file: a value for `JSON.stringify`. Its layers have
 * the names of `networkGraph`, hence `global_average_pooling2d` and `dense` where `keras.applications` says
 * `avg_pool` and `predictions`.
 */
export function kerasConfig(description: ModelDescription, style: ConfigStyle): Record<string, unknown> {
  const graph = networkGraph(description);
  const shapes = outputShapes(graph);
  const node = (name = '') => [name, 0, 0];
  const first = node(graph[0]?.name);
  const last = node(graph.at(-1)?.name);
  const config = {
    name: description.architecture,
    trainable: true,
    layers: graph.map((layer) => layerConfig(layer, shapes, style)),
    input_layers: style === 'keras2' ? [first] : first,
    output_layers: style === 'keras2' ? [last] : last,
  };
  if (style === 'keras2') return { class_name: 'Functional', config };
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config,
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
