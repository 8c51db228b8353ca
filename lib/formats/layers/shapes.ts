import type { GraphLayer } from '../graph.ts';

/** [height, width, channels] of a feature map, [features] after it. */
export type OutputShape = readonly number[];

/** The output of every layer of a graph, for one image. */
export function outputShapes(graph: readonly GraphLayer[]): Map<string, OutputShape> {
  const shapes = new Map<string, OutputShape>();
  for (const layer of graph)
    shapes.set(layer.name, outputShape(layer, shapes.get(layer.inputs[0] ?? '') ?? []));
  return shapes;
}

function outputShape(layer: GraphLayer, input: OutputShape): OutputShape {
  const [height = 1, width = 1, channels = 1] = input;
  const window = (size: number, kernel: number, stride: number) => Math.floor((size - kernel) / stride) + 1;
  switch (layer.type) {
    case 'InputLayer':
      return layer.shape;
    case 'ZeroPadding2D':
      return [height + 2 * layer.padding, width + 2 * layer.padding, channels];
    case 'Conv2D': {
      const { kernel, stride, filters } = layer;
      // 'same' stands only where the stride is 1.
      if (layer.padding === 'same') return [height, width, filters];
      return [window(height, kernel, stride), window(width, kernel, stride), filters];
    }
    case 'MaxPooling2D':
      return [window(height, layer.size, layer.stride), window(width, layer.size, layer.stride), channels];
    case 'GlobalAveragePooling2D':
      return input.slice(-1);
    case 'Flatten':
      return [input.reduce((product, size) => product * size, 1)];
    case 'Dense':
      return [...input.slice(0, -1), layer.units];
    default:
      return input;
  }
}
