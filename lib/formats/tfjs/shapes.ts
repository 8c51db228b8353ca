import type { GraphLayer } from '../graph.ts';

/** By layer, the shape of its output for one image: [height, width, channels] or [features]. */
export function outputShapes(graph: readonly GraphLayer[]): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const layer of graph)
    shapes.set(layer.name, outputShape(layer, shapes.get(layer.inputs[0] ?? '') ?? []));
  return shapes;
}

function outputShape(layer: GraphLayer, input: readonly number[]): readonly number[] {
  const [height = 0, width = 0, channels = 0] = input;
  switch (layer.type) {
    case 'InputLayer':
      return layer.shape;
    case 'ZeroPadding2D':
      return [height + 2 * layer.padding, width + 2 * layer.padding, channels];
    case 'Conv2D': {
      if (layer.padding === 'same') return [height, width, layer.filters];
      const steps = (size: number) => Math.floor((size - layer.kernel) / layer.stride) + 1;
      return [steps(height), steps(width), layer.filters];
    }
    case 'MaxPooling2D': {
      const steps = (size: number) => Math.floor((size - layer.size) / layer.stride) + 1;
      return [steps(height), steps(width), channels];
    }
    case 'GlobalAveragePooling2D':
      return [channels];
    case 'Flatten':
      return [input.reduce((product, size) => product * size, 1)];
    case 'Dense':
      return [...input.slice(0, -1), layer.units];
    case 'BatchNormalization':
    case 'Activation':
    case 'Add':
    case 'Dropout':
      return input;
  }
}
