import { ThawError } from '../../errors.ts';
import type { GraphLayer } from '../graph.ts';
import { type Builder, float, int, ints, type Value } from './builder.ts';

type Layer<Type extends GraphLayer['type']> = Extract<GraphLayer, { type: Type }>;

/**
 * Adds a layer that takes the values; padding and dropout add nothing and pass on what they get.
 * @throws ThawError ERR_WEIGHTS_MISMATCH, ERR_INVALID_ARGUMENT where a head's layers do not follow each other
 */
export function addLayer(
  builder: Builder,
  layer: Exclude<GraphLayer, { type: 'InputLayer' }>,
  values: readonly Value[],
): Value {
  const [from] = values as [Value];
  const { outputShape: shape } = layer;
  switch (layer.type) {
    case 'ZeroPadding2D':
      return { name: from.name, shape, padding: layer.padding };
    case 'Dropout':
      return from;
    default:
      return { name: addNodes(builder, layer, from, values), shape, padding: 0 };
  }
}

function addNodes(
  builder: Builder,
  layer: Exclude<GraphLayer, { type: 'InputLayer' | 'ZeroPadding2D' | 'Dropout' }>,
  from: Value,
  values: readonly Value[],
): string {
  switch (layer.type) {
    case 'Conv2D':
      return convolution(builder, layer, from);
    case 'BatchNormalization':
      return normalization(builder, layer, from);
    case 'Activation':
      return builder.node('Relu', layer.name, [from.name]);
    case 'MaxPooling2D':
      // ONNX pads with the smallest number and Keras with zeros: the same above a ReLU.
      return builder.node('MaxPool', layer.name, [from.name], window(layer.size, layer.stride, from.padding));
    case 'Add':
      return builder.node(
        'Add',
        layer.name,
        values.map(({ name }) => name),
      );
    case 'GlobalAveragePooling2D':
      return averagePooling(builder, layer, from);
    case 'Flatten':
      return flatten(builder, layer, from);
    case 'Dense':
      return dense(builder, layer, from);
  }
}

function convolution(builder: Builder, layer: Layer<'Conv2D'>, from: Value): string {
  const { name, filters, kernel, stride, groups, tensors } = layer;
  const padding = layer.padding === 'same' ? (kernel - 1) / 2 : from.padding;
  const inputs = [
    from.name,
    builder.weight(`${tensors}.weight`, [filters, channels(from) / groups, kernel, kernel]),
  ];
  if (layer.bias) inputs.push(builder.weight(`${tensors}.bias`, [filters]));
  return builder.node('Conv', name, inputs, [...window(kernel, stride, padding), int('group', groups)]);
}

function normalization(builder: Builder, layer: Layer<'BatchNormalization'>, from: Value): string {
  const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    builder.weight(`${layer.tensors}.${part}`, [channels(from)]),
  );
  const attributes = [float('epsilon', layer.epsilon)];
  return builder.node('BatchNormalization', layer.name, [from.name, ...parts], attributes);
}

function averagePooling(builder: Builder, { name }: GraphLayer, from: Value): string {
  expectMap(name, from);
  return flat(builder, `${name}_flat`, builder.node('GlobalAveragePool', name, [from.name]));
}

/** In Keras' order: height, width, channels. */
function flatten(builder: Builder, { name }: GraphLayer, from: Value): string {
  expectMap(name, from);
  const turned = builder.node('Transpose', `${name}_order`, [from.name], [ints('perm', [0, 2, 3, 1])]);
  return flat(builder, name, turned);
}

function flat(builder: Builder, name: string, from: string): string {
  return builder.node('Flatten', name, [from], [int('axis', 1)]);
}

function dense(builder: Builder, layer: Layer<'Dense'>, from: Value): string {
  const { name, units, tensors } = layer;
  expectVector(name, from);
  const weights = [
    builder.weight(`${tensors}.weight`, [units, channels(from)]),
    builder.weight(`${tensors}.bias`, [units]),
  ];
  const sum = builder.node('Gemm', name, [from.name, ...weights], [int('transB', 1)]);
  switch (layer.activation) {
    case 'linear':
      return sum;
    case 'relu':
      return builder.node('Relu', `${name}_relu`, [sum]);
    case 'sigmoid':
      return builder.node('Sigmoid', `${name}_sigmoid`, [sum]);
    case 'softmax':
      return builder.node('Softmax', `${name}_softmax`, [sum], [int('axis', 1)]);
  }
}

/** Of a feature map; of a vector, its length. */
function channels({ shape }: Value): number {
  return shape.at(-1) ?? 0;
}

function window(kernel: number, stride: number, padding: number) {
  return [
    ints('kernel_shape', [kernel, kernel]),
    ints('strides', [stride, stride]),
    ints('pads', [padding, padding, padding, padding]),
  ];
}

function expectMap(name: string, { shape }: Value) {
  if (shape.length === 3) return;
  throw new ThawError(
    'ERR_INVALID_ARGUMENT',
    `The head's layer '${name}' needs a feature map, but a layer before it has already made a vector of it.`,
  );
}

function expectVector(name: string, { shape }: Value) {
  if (shape.length === 1) return;
  throw new ThawError(
    'ERR_INVALID_ARGUMENT',
    `The head's dense layer '${name}' needs globalAveragePooling() or flatten() before it.`,
  );
}
