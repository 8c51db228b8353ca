import { ThawError } from '../../errors.ts';
import type { GraphLayer } from '../graph.ts';
import { type Builder, float, int, ints, product, type Value } from './builder.ts';

type Layer<Type extends GraphLayer['type']> = Extract<GraphLayer, { type: Type }>;

/**
 * Adds a layer that takes `from` (an Add also `other`); padding and dropout add nothing and pass on what they get.
 * @throws ThawError ERR_WEIGHTS_MISMATCH, ERR_INVALID_ARGUMENT where a head's layers do not follow each other
 */
export function addLayer(
  builder: Builder,
  layer: Exclude<GraphLayer, { type: 'InputLayer' }>,
  from: Value,
  other?: Value,
): Value {
  switch (layer.type) {
    case 'ZeroPadding2D':
      return { ...from, padding: layer.padding };
    case 'Conv2D':
      return convolution(builder, layer, from);
    case 'BatchNormalization':
      return normalization(builder, layer, from);
    case 'Activation':
      return builder.node('Relu', layer.name, from, from.shape);
    case 'MaxPooling2D':
      return maxPooling(builder, layer, from);
    case 'Add':
      return builder.node('Add', layer.name, from, from.shape, { inputs: other ? [other.name] : [] });
    case 'GlobalAveragePooling2D':
      return averagePooling(builder, layer, from);
    case 'Flatten':
      return flatten(builder, layer, from);
    case 'Dropout':
      return from;
    case 'Dense':
      return dense(builder, layer, from);
  }
}

function convolution(builder: Builder, layer: Layer<'Conv2D'>, from: Value): Value {
  const { filters, kernel, stride, tensors } = layer;
  const padding = layer.padding === 'same' ? (kernel - 1) / 2 : from.padding;
  const inputs = [builder.weight(`${tensors}.weight`, [filters, channels(from), kernel, kernel])];
  if (layer.bias) inputs.push(builder.weight(`${tensors}.bias`, [filters]));
  const shape = [filters, ...slid(from, kernel, stride, padding)];
  return builder.node('Conv', layer.name, from, shape, {
    inputs,
    attributes: window(kernel, stride, padding),
  });
}

function normalization(builder: Builder, layer: Layer<'BatchNormalization'>, from: Value): Value {
  const inputs = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    builder.weight(`${layer.tensors}.${part}`, [channels(from)]),
  );
  const attributes = [float('epsilon', layer.epsilon)];
  return builder.node('BatchNormalization', layer.name, from, from.shape, { inputs, attributes });
}

/** ONNX pads with the smallest number and Keras with zeros: the same above a ReLU. */
function maxPooling(builder: Builder, layer: Layer<'MaxPooling2D'>, from: Value): Value {
  const { size, stride } = layer;
  const shape = [channels(from), ...slid(from, size, stride, from.padding)];
  return builder.node('MaxPool', layer.name, from, shape, {
    attributes: window(size, stride, from.padding),
  });
}

function averagePooling(builder: Builder, { name }: GraphLayer, from: Value): Value {
  expectMap(name, from);
  return flat(builder, `${name}_flat`, builder.node('GlobalAveragePool', name, from, [channels(from), 1, 1]));
}

/** In Keras' order: height, width, channels. */
function flatten(builder: Builder, { name }: GraphLayer, from: Value): Value {
  expectMap(name, from);
  const [depth = 0, height = 0, width = 0] = from.shape;
  const attributes = [ints('perm', [0, 2, 3, 1])];
  const shape = [height, width, depth];
  return flat(builder, name, builder.node('Transpose', `${name}_order`, from, shape, { attributes }));
}

function flat(builder: Builder, name: string, from: Value): Value {
  return builder.node('Flatten', name, from, [product(from.shape)], { attributes: [int('axis', 1)] });
}

function dense(builder: Builder, layer: Layer<'Dense'>, from: Value): Value {
  const { name, units, tensors } = layer;
  expectVector(name, from);
  const inputs = [
    builder.weight(`${tensors}.weight`, [units, channels(from)]),
    builder.weight(`${tensors}.bias`, [units]),
  ];
  const sum = builder.node('Gemm', name, from, [units], { inputs, attributes: [int('transB', 1)] });
  switch (layer.activation) {
    case 'linear':
      return sum;
    case 'relu':
      return builder.node('Relu', `${name}_relu`, sum, sum.shape);
    case 'sigmoid':
      return builder.node('Sigmoid', `${name}_sigmoid`, sum, sum.shape);
    case 'softmax':
      return builder.node('Softmax', `${name}_softmax`, sum, sum.shape, { attributes: [int('axis', 1)] });
  }
}

/** Of a feature map; of a vector, its length. */
function channels({ shape }: Value): number {
  return shape[0] ?? 0;
}

/** Height and width after a window has slid over the map. */
function slid({ shape }: Value, kernel: number, stride: number, padding: number): number[] {
  return shape.slice(1).map((length) => Math.floor((length + 2 * padding - kernel) / stride) + 1);
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
