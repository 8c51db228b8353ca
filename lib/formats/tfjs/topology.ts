import type { GraphLayer } from '../graph.ts';

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
  const data_format = 'channels_last';
  switch (layer.type) {
    case 'InputLayer':
      return { batch_input_shape: [null, ...layer.shape], dtype: 'float32', sparse: false };
    case 'ZeroPadding2D':
      return { padding: [square(layer.padding), square(layer.padding)], data_format };
    case 'Conv2D':
      return {
        filters: layer.filters,
        kernel_size: square(layer.kernel),
        strides: square(layer.stride),
        padding: layer.padding,
        data_format,
        dilation_rate: square(1),
        activation: 'linear',
        use_bias: layer.bias,
      };
    case 'BatchNormalization':
      return { axis: -1, momentum: layer.momentum, epsilon: layer.epsilon, center: true, scale: true };
    case 'Activation':
      return { activation: layer.activation };
    case 'MaxPooling2D':
      return { pool_size: square(layer.size), strides: square(layer.stride), padding: 'valid', data_format };
    case 'GlobalAveragePooling2D':
      return { data_format };
    case 'Dropout':
      return { rate: layer.rate };
    case 'Dense':
      return { units: layer.units, activation: layer.activation, use_bias: true };
    case 'Add':
    case 'Flatten':
      return {};
  }
}

function square(size: number): [number, number] {
  return [size, size];
}
