import { STAGES } from '../network/architecture.ts';
import type { ModelDescription } from '../network/description.ts';
import { type Activation, isLinearHead, namedHead } from '../network/head.ts';

/** A layer of the network as Keras would list it: its config in a file is written from this. */
export type GraphLayer = {
  /** Keras' name: `conv2_block1_1_conv`. */
  name: string;
  /** The layers whose outputs it takes. */
  inputs: readonly string[];
} & (
  | { type: 'InputLayer'; shape: readonly [number, number, 3] }
  | { type: 'ZeroPadding2D'; padding: number }
  | ({ type: 'Conv2D' } & Convolution)
  | ({ type: 'BatchNormalization' } & Normalization)
  | { type: 'Activation'; activation: 'relu' }
  | { type: 'MaxPooling2D'; size: number; stride: number }
  | { type: 'Add' }
  | { type: 'GlobalAveragePooling2D' }
  | { type: 'Flatten' }
  | { type: 'Dropout'; rate: number }
  | { type: 'Dense'; units: number; activation: Activation; tensors: string }
);

export interface Convolution {
  filters: number;
  kernel: number;
  stride: number;
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

/**
 * The network layer by layer, in the order of Keras' `model.layers`. Keras' own variant convolves with biases, has
 * the stride of a block in its first 1x1 convolution and another epsilon; torchvision's needs padding of its own
 * before a 3x3 convolution with a stride, as Keras' 'same' would pad there on one side only.
 */
export function networkGraph(description: ModelDescription): GraphLayer[] {
  const { architecture, variant, preprocessing } = description;
  const keras = variant === 'keras';
  const layers: GraphLayer[] = [];
  const last = () => layers.at(-1)?.name ?? '';
  const convolution = (
    name: string,
    tensors: string,
    facts: { filters: number; kernel: number; stride: number; padding?: 'same' | 'valid' },
    input = last(),
  ) => {
    let padding = facts.padding ?? (facts.kernel > 1 ? 'same' : 'valid');
    let from = input;
    if (padding === 'same' && facts.stride > 1) {
      from = name.replace(/conv$/, 'pad');
      layers.push({ name: from, type: 'ZeroPadding2D', padding: (facts.kernel - 1) / 2, inputs: [input] });
      padding = 'valid';
    }
    layers.push({ name, type: 'Conv2D', ...facts, padding, bias: keras, tensors, inputs: [from] });
    return name;
  };
  const norm = (name: string, tensors: string, input: string) => {
    const epsilon = keras ? 1.001e-5 : 1e-5;
    const momentum = keras ? 0.99 : 0.9;
    layers.push({ name, type: 'BatchNormalization', epsilon, momentum, tensors, inputs: [input] });
    return name;
  };
  const relu = (name: string, input: string) => {
    layers.push({ name, type: 'Activation', activation: 'relu', inputs: [input] });
    return name;
  };

  const { height, width } = preprocessing;
  layers.push({ name: 'input_layer', type: 'InputLayer', shape: [height, width, 3], inputs: [] });
  layers.push({ name: 'conv1_pad', type: 'ZeroPadding2D', padding: 3, inputs: [last()] });
  convolution('conv1_conv', 'conv1', { filters: 64, kernel: 7, stride: 2, padding: 'valid' });
  norm('conv1_bn', 'bn1', last());
  relu('conv1_relu', last());
  layers.push({ name: 'pool1_pad', type: 'ZeroPadding2D', padding: 1, inputs: [last()] });
  layers.push({ name: 'pool1_pool', type: 'MaxPooling2D', size: 3, stride: 2, inputs: [last()] });

  const { bottleneck, depths } = STAGES[architecture];
  let channels = 64;
  for (const [stage, depth] of depths.entries()) {
    const width = 64 << stage;
    const out = bottleneck ? width * 4 : width;
    for (let index = 0; index < depth; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const prefix = `conv${stage + 2}_block${index + 1}`;
      const module = `layer${stage + 1}.${index}`;
      const input = last();
      const parts = bottleneck
        ? [
            { filters: width, kernel: 1, stride: keras ? stride : 1 },
            { filters: width, kernel: 3, stride: keras ? 1 : stride },
            { filters: out, kernel: 1, stride: 1 },
          ]
        : [
            { filters: width, kernel: 3, stride },
            { filters: out, kernel: 3, stride: 1 },
          ];
      const final = parts.pop();
      if (!final) throw new TypeError('A block has convolutions.');
      for (const [i, facts] of parts.entries()) {
        const name = `${prefix}_${i + 1}`;
        convolution(`${name}_conv`, `${module}.conv${i + 1}`, facts);
        norm(`${name}_bn`, `${module}.bn${i + 1}`, last());
        relu(`${name}_relu`, last());
      }
      // Keras lists a block's layers by depth: the shortcut's stand beside the last ones.
      const number = parts.length + 1;
      const inner = last();
      const projects = stride !== 1 || channels !== out;
      const shortcut =
        projects &&
        convolution(`${prefix}_0_conv`, `${module}.downsample.0`, { filters: out, kernel: 1, stride }, input);
      const body = convolution(`${prefix}_${number}_conv`, `${module}.conv${number}`, final, inner);
      const left = shortcut ? norm(`${prefix}_0_bn`, `${module}.downsample.1`, shortcut) : input;
      const right = norm(`${prefix}_${number}_bn`, `${module}.bn${number}`, body);
      layers.push({ name: `${prefix}_add`, type: 'Add', inputs: [left, right] });
      relu(`${prefix}_out`, last());
      channels = out;
    }
  }

  const linear = isLinearHead(description.head);
  for (const [index, layer] of namedHead(description.head).entries()) {
    const inputs = [last()];
    const tensors = linear ? 'fc' : `head.${index}`;
    const { name } = layer;
    switch (layer.kind) {
      case 'globalAveragePooling':
        layers.push({ name, type: 'GlobalAveragePooling2D', inputs });
        break;
      case 'flatten':
        layers.push({ name, type: 'Flatten', inputs });
        break;
      case 'dropout':
        layers.push({ name, type: 'Dropout', rate: layer.rate ?? 0, inputs });
        break;
      case 'dense': {
        const activation = (layer.activation ?? 'linear') as Activation;
        layers.push({ name, type: 'Dense', units: layer.units ?? 0, activation, tensors, inputs });
        break;
      }
      case 'batchNormalization': {
        const { epsilon = 1e-3, momentum = 0.99 } = layer;
        layers.push({ name, type: 'BatchNormalization', epsilon, momentum, tensors, inputs });
        break;
      }
    }
  }
  return layers;
}
