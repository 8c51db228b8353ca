import { callback, either, integer, list, matching, oneOf, signal, simple, text, yesNo } from './kinds.ts';
import { seed } from './run.ts';
import type { Kind, Table } from './table.ts';

/** The rows of the engine's list (binding/engine/model/models.cc), for their types. */
export const ARCHITECTURES = [
  'resnet18',
  'resnet34',
  'resnet50',
  'resnet101',
  'resnet152',
  'resnext50_32x4d',
  'resnext101_32x8d',
  'wide_resnet50_2',
  'wide_resnet101_2',
] as const;

/**
 * How the network is built. torchvision: the stride of a bottleneck in its 3x3 convolution, epsilon 1e-5. Keras: the
 * stride in the first 1x1 convolution, convolutions with biases, epsilon 1.001e-5.
 */
export const VARIANTS = ['torchvision', 'keras'] as const;

/**
 * How dense layers are drawn. keras: weights uniform within sqrt(6 / (in + out)) (Glorot), zero biases. pytorch:
 * weights and biases uniform within 1 / sqrt(in), as torch.nn.Linear.
 */
export const INITIALIZERS = ['keras', 'pytorch'] as const;

export type Device = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`;

/** [height, width, 3], in pixels. */
export type InputShape = readonly [number, number, number];

/** In pixels; below 32 nothing would be left of the image at the last layer. */
export const INPUT_SIDE = { minimum: 32, maximum: 8192 } as const;
export const inputSide = integer(INPUT_SIDE);

const inputShape: Kind<InputShape> = simple({
  expected: `[height, width, 3] of ${INPUT_SIDE.minimum} to ${INPUT_SIDE.maximum} pixels`,
  written: '',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    value[2] === 3 &&
    inputSide.accepts(value[0]) &&
    inputSide.accepts(value[1]),
});

const weights: Kind<'imagenet' | (string & {}) | null> = simple({
  expected: "'imagenet', the path of a file, or null",
  written: '',
  accepts: (value) => value === null || (typeof value === 'string' && value !== ''),
});

export const load = {
  weights: {
    kind: weights,
    default: 'imagenet',
    help: "imagenet: torchvision's V1, fetched once and kept; a path: a file of PyTorch, safetensors, Keras or TensorFlow.js; null: random ones",
  },
  device: {
    kind: matching<Device>(
      /^(auto|cpu|cuda(:\d+)?)$/,
      "'auto', 'cpu', 'cuda' or 'cuda:N'",
      'auto|cpu|cuda|cuda:N',
    ),
    default: 'auto',
    group: 'Machine',
    help: 'where to compute; auto: on the first CUDA device where there is one, else on the CPU',
  },
  includeTop: {
    kind: either(yesNo, oneOf(['auto'])),
    default: true,
    help: "with the file's head (1000 classes where there is no file), or ending at the feature map; auto: with a head where the file has one",
  },
  inputShape: {
    kind: inputShape,
    otherwise: '[224, 224, 3], or what a saved model says',
    help: "of the network's input: height, width, 3",
  },
  variant: {
    kind: oneOf(VARIANTS),
    otherwise: "what the file says, else 'torchvision'",
    help: "how the network is built: torchvision's way or Keras'",
  },
  seed: { kind: seed, default: 0, help: 'of random weights' },
  initializer: {
    kind: oneOf(INITIALIZERS),
    default: 'keras',
    help: 'how random dense layers are drawn; keras: Glorot uniform with zero biases; pytorch: as torch.nn.Linear',
  },
  onProgress: { kind: callback, help: 'while weights are downloaded' },
  signal: { kind: signal, help: 'of the download' },
} as const satisfies Table;

export const replaceHead = {
  classes: {
    kind: list(text('a class name'), 'a list of class names'),
    help: 'names of the outputs',
  },
  seed: { ...load.seed, help: 'of the weights' },
  initializer: load.initializer,
} as const satisfies Table;

const ONNX_INPUTS = ['float32', 'uint8'] as const;

/** How Keras' files arrange a model; see formats/topology/arrange.ts. */
export const LAYOUTS = ['flat', 'nested'] as const;

export const loadWeights = {
  includeTop: {
    kind: yesNo,
    default: true,
    help: "the file's head as well, which must be built like the model's; else those of the backbone alone",
  },
} as const satisfies Table;

export const save = {
  includeOptimizer: {
    kind: yesNo,
    default: false,
    help: 'with the state of the optimizer and of training, so that `fit` goes on after loading as if nothing had been between; .safetensors alone has a place for it',
  },
  onnxInput: {
    kind: oneOf(ONNX_INPUTS),
    default: 'float32',
    group: 'Model',
    help: 'what an ONNX file takes; float32: preprocessed values [batch, 3, height, width]; uint8: RGB pixels [batch, height, width, 3], normalised inside',
  },
  layout: {
    kind: oneOf(LAYOUTS),
    default: 'flat',
    group: 'Model',
    help: "of Keras' files; flat: one model of all layers, as keras.applications builds it; nested: a Sequential of the network without its head and the head's layers, as the recipe of transfer learning builds it, whose load_weights takes that alone",
  },
} as const satisfies Table;

/** Where a call says it, and not an option: see `loadResNet`. */
export const architecture = oneOf(ARCHITECTURES);
