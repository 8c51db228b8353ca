import type { GraphLayer } from '../graph.ts';
import { layerFacts } from '../layers/facts.ts';

/**
 * The network as `modelTopology`: a functional model in the JSON of Keras 2, which is what `tf.loadLayersModel`
 * takes. What is left out (initialisers, regularisers) has a default and says nothing about a trained network.
 */
export function topologyOf(graph: readonly GraphLayer[], name: string): object {
  const layers = graph.map((layer) => ({
    class_name: layer.type,
    name: layer.name,
    config: { name: layer.name, ...layerConfig(layer) },
    inbound_nodes: layer.inputs.length === 0 ? [] : [layer.inputs.map((input) => [input, 0, 0, {}])],
  }));
  const ends = (layer: GraphLayer | undefined) => [[layer?.name, 0, 0]];
  return {
    class_name: 'Model',
    config: { name, layers, input_layers: ends(graph[0]), output_layers: ends(graph.at(-1)) },
    keras_version: '2.15.0',
    backend: 'tensorflow',
  };
}

/** A layer's config without its name. */
export function layerConfig(layer: GraphLayer): Readonly<Record<string, unknown>> {
  if (layer.type !== 'InputLayer') return layerFacts(layer);
  return { batch_input_shape: [null, ...layer.shape], dtype: 'float32', sparse: false };
}
