import { call, type NativeNode, native } from '../native.ts';
import type { ModelDescription } from '../network/description.ts';
import { type Activation, namedHead } from '../network/head.ts';

/** A layer of the network as Keras would list it: all that formats know of a network. */
export type GraphLayer = Operation & {
  /** Keras' name: `conv2_block1_1_conv`. */
  name: string;
  /** The layers whose outputs it takes. */
  inputs: readonly string[];
  outputShape: OutputShape;
};

/** Of one image: [height, width, channels] of a feature map, [features] after it. */
export type OutputShape = readonly number[];

type Operation =
  | { type: 'InputLayer' }
  | { type: 'ZeroPadding2D'; padding: number }
  | ({ type: 'Conv2D' } & Convolution)
  | ({ type: 'BatchNormalization' } & Normalization)
  | { type: 'Activation'; activation: 'relu' }
  | { type: 'MaxPooling2D'; size: number; stride: number }
  | { type: 'Add' }
  | { type: 'GlobalAveragePooling2D' }
  | { type: 'Flatten' }
  | { type: 'Dropout'; rate: number }
  | { type: 'Dense'; units: number; activation: Activation; tensors: string };

export interface Convolution {
  filters: number;
  kernel: number;
  stride: number;
  /** Input and output channels are cut into as many groups, each convolved with itself alone. */
  groups: number;
  /** 'same' pads as much on every side: it stands only where the stride is 1. */
  padding: 'same' | 'valid';
  bias: boolean;
  /** torchvision's name of the module: `conv1` holds `conv1.weight`. */
  tensors: string;
}

export interface Normalization {
  epsilon: number;
  /** The share of the old running statistics that is kept. */
  momentum: number;
  tensors: string;
}

/** The network layer by layer, in the order of Keras' `model.layers`: the engine's graph in Keras' words. */
export function networkGraph({ architecture, variant, preprocessing, head }: ModelDescription): GraphLayer[] {
  const { height, width } = preprocessing;
  const options = { architecture, variant, height, width, head: namedHead(head) };
  const shapes = new Map<string, OutputShape>();
  return call(() => native().networkGraph(options)).flatMap((node) => {
    const { name, inputs } = node;
    const outputShape = kerasShape(node.shape);
    shapes.set(name, outputShape);
    const padding = paddingBefore(node);
    if (!padding) return [{ name, inputs, outputShape, ...operation(node) }];
    const [rows = 0, columns = 0, channels = 0] = shapes.get(inputs[0] ?? '') ?? [];
    const padded: GraphLayer = {
      name: padding.name,
      inputs,
      outputShape: [rows + 2 * padding.size, columns + 2 * padding.size, channels],
      type: 'ZeroPadding2D',
      padding: padding.size,
    };
    return [padded, { name, inputs: [padded.name], outputShape, ...operation(node) }];
  });
}

/**
 * Keras' 'same' pads on one side only where there is a stride: there, and where Keras' own networks do it so, padding
 * is a layer of its own.
 */
function paddingBefore(node: NativeNode): { name: string; size: number } | undefined {
  if (node.op !== 'Convolution' && node.op !== 'MaxPool') return undefined;
  const { name, padding: size, stride, padded } = node;
  if (padded !== '') return { name: padded, size };
  return size > 0 && stride > 1 ? { name: name.replace(/conv$/, 'pad'), size } : undefined;
}

function operation(node: NativeNode): Operation {
  const tensors = node.module;
  switch (node.op) {
    case 'Input':
      return { type: 'InputLayer' };
    case 'Convolution': {
      const { filters, kernel, stride, groups, bias } = node;
      const padding = node.padding > 0 && !paddingBefore(node) ? 'same' : 'valid';
      return { type: 'Conv2D', filters, kernel, stride, groups, padding, bias, tensors };
    }
    case 'BatchNorm': {
      // The engine has torch's meaning, the share of the new statistics; rounded, as 1 - 0.9 is not 0.1 in binary.
      const momentum = Number((1 - node.momentum).toPrecision(12));
      return { type: 'BatchNormalization', epsilon: node.epsilon, momentum, tensors };
    }
    case 'Relu':
      return { type: 'Activation', activation: 'relu' };
    case 'MaxPool':
      return { type: 'MaxPooling2D', size: node.kernel, stride: node.stride };
    case 'Add':
      return { type: 'Add' };
    case 'GlobalAveragePool':
      return { type: 'GlobalAveragePooling2D' };
    case 'Flatten':
      return { type: 'Flatten' };
    case 'Dropout':
      return { type: 'Dropout', rate: node.rate };
    case 'Dense':
      return { type: 'Dense', units: node.units, activation: node.activation, tensors };
  }
}

/** Channels last. */
function kerasShape([channels = 0, ...sides]: readonly number[]): OutputShape {
  return [...sides, channels];
}
