import type { GraphLayer } from '../graph.ts';

/** What the config of a layer says that decides what the layer computes: written, and compared on reading. */
export function layerFacts(layer: GraphLayer): Record<string, unknown> {
  switch (layer.type) {
    case 'ZeroPadding2D': {
      const sides = [layer.padding, layer.padding];
      return { padding: [sides, sides], data_format: 'channels_last' };
    }
    case 'Conv2D':
      return {
        filters: layer.filters,
        kernel_size: [layer.kernel, layer.kernel],
        strides: [layer.stride, layer.stride],
        padding: layer.padding,
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        groups: layer.groups,
        activation: 'linear',
        use_bias: layer.bias,
      };
    case 'BatchNormalization':
      return { axis: -1, momentum: layer.momentum, epsilon: layer.epsilon, center: true, scale: true };
    case 'Activation':
      return { activation: layer.activation };
    case 'MaxPooling2D':
      return {
        pool_size: [layer.size, layer.size],
        strides: [layer.stride, layer.stride],
        padding: 'valid',
        data_format: 'channels_last',
      };
    case 'GlobalAveragePooling2D':
      return { data_format: 'channels_last', keepdims: false };
    case 'Flatten':
      return { data_format: 'channels_last' };
    case 'Dropout':
      return { rate: layer.rate, noise_shape: null };
    case 'Dense':
      return { units: layer.units, activation: layer.activation, use_bias: true };
    default:
      return {};
  }
}
