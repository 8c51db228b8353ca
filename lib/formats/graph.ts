import { STAGES } from '../network/architecture.ts';
import type { ModelDescription } from '../network/description.ts';
import { type Activation, type HeadLayer, isLinearHead, namedHead } from '../network/head.ts';

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

/**
 * The network layer by layer, in the order of Keras' `model.layers`. Keras' own variant convolves with biases, has
 * the stride of a block in its first 1x1 convolution and another epsilon; torchvision's needs padding of its own
 * before a 3x3 convolution with a stride, as Keras' 'same' would pad there on one side only.
 */
export function networkGraph(description: ModelDescription): GraphLayer[] {
  const { architecture, variant, preprocessing } = description;
  const keras = variant === 'keras';
  const layers: GraphLayer[] = [];
  const shapes = new Map<string, OutputShape>();
  const last = () => layers.at(-1)?.name ?? '';
  const add = (name: string, operation: Operation, inputs: readonly string[] = [last()]) => {
    const { height, width } = preprocessing;
    const outputShape = shapeAfter(operation, shapes.get(inputs[0] ?? '') ?? [height, width, 3]);
    shapes.set(name, outputShape);
    layers.push({ name, inputs, outputShape, ...operation });
    return name;
  };
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
      add(from, { type: 'ZeroPadding2D', padding: (facts.kernel - 1) / 2 }, [input]);
      padding = 'valid';
    }
    return add(name, { type: 'Conv2D', ...facts, groups: 1, padding, bias: keras, tensors }, [from]);
  };
  const norm = (name: string, tensors: string, input: string) => {
    const epsilon = keras ? 1.001e-5 : 1e-5;
    const momentum = keras ? 0.99 : 0.9;
    return add(name, { type: 'BatchNormalization', epsilon, momentum, tensors }, [input]);
  };
  const relu = (name: string) => add(name, { type: 'Activation', activation: 'relu' });

  add('input_layer', { type: 'InputLayer' }, []);
  add('conv1_pad', { type: 'ZeroPadding2D', padding: 3 });
  convolution('conv1_conv', 'conv1', { filters: 64, kernel: 7, stride: 2, padding: 'valid' });
  norm('conv1_bn', 'bn1', last());
  relu('conv1_relu');
  add('pool1_pad', { type: 'ZeroPadding2D', padding: 1 });
  add('pool1_pool', { type: 'MaxPooling2D', size: 3, stride: 2 });

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
        relu(`${name}_relu`);
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
      add(`${prefix}_add`, { type: 'Add' }, [left, right]);
      relu(`${prefix}_out`);
      channels = out;
    }
  }

  const linear = isLinearHead(description.head);
  const names = namedHead(description.head).map(({ name }) => name);
  for (const [index, layer] of description.head.entries()) {
    add(names[index] ?? '', headOperation(layer, linear ? 'fc' : `head.${index}`));
  }
  return layers;
}

function headOperation(layer: HeadLayer, tensors: string): Operation {
  switch (layer.kind) {
    case 'globalAveragePooling':
      return { type: 'GlobalAveragePooling2D' };
    case 'flatten':
      return { type: 'Flatten' };
    case 'dropout':
      return { type: 'Dropout', rate: layer.rate ?? 0 };
    case 'dense':
      return { type: 'Dense', units: layer.units ?? 0, activation: layer.activation ?? 'linear', tensors };
    case 'batchNormalization': {
      const { epsilon = 1e-3, momentum = 0.99 } = layer;
      return { type: 'BatchNormalization', epsilon, momentum, tensors };
    }
  }
}

/** What a layer makes of an input of the shape: for the input layer, that of the images. */
function shapeAfter(operation: Operation, input: OutputShape): OutputShape {
  const [height = 1, width = 1, channels = 1] = input;
  const slid = (size: number, stride: number) =>
    [height, width].map((length) => Math.floor((length - size) / stride) + 1);
  switch (operation.type) {
    case 'ZeroPadding2D':
      return [height + 2 * operation.padding, width + 2 * operation.padding, channels];
    case 'Conv2D': {
      const { padding, kernel, stride, filters } = operation;
      return padding === 'same' ? [height, width, filters] : [...slid(kernel, stride), filters];
    }
    case 'MaxPooling2D':
      return [...slid(operation.size, operation.stride), channels];
    case 'GlobalAveragePooling2D':
      return input.slice(-1);
    case 'Flatten':
      return [input.reduce((product, size) => product * size, 1)];
    case 'Dense':
      return [...input.slice(0, -1), operation.units];
    default:
      return input;
  }
}
