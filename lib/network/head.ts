import type { NativeHeadLayer } from '../native.ts';
import { knownOptions, numberIn, oneOf, positiveInteger } from '../validate.ts';

const ACTIVATIONS = ['linear', 'relu', 'softmax', 'sigmoid'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** A layer of a classification head; made by the functions below, taken by `replaceHead`. */
export interface HeadLayer {
  readonly kind: NativeHeadLayer['kind'];
  /** dense: length of the output */
  readonly units?: number;
  /** dense */
  readonly activation?: Activation;
  /** dropout: the share that is set to zero */
  readonly rate?: number;
  /** batchNormalization: the share of the old running statistics that is kept, as in Keras */
  readonly momentum?: number;
  /** batchNormalization */
  readonly epsilon?: number;
}

/** [h, w, channels] -> [channels]: the mean over the feature map. */
export function globalAveragePooling(): HeadLayer {
  return { kind: 'globalAveragePooling' };
}

/** [h, w, channels] -> [h * w * channels], in that order (Keras'; PyTorch's is channels, h, w). */
export function flatten(): HeadLayer {
  return { kind: 'flatten' };
}

/**
 * A fully connected layer, [features] -> [units]: Glorot uniform weights, zero biases (Keras' initialisers).
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function dense(units: number, options: { activation?: Activation } = {}): HeadLayer {
  knownOptions('dense', options, ['activation']);
  return {
    kind: 'dense',
    units: positiveInteger('units', units),
    activation: oneOf('activation', options.activation ?? 'linear', ACTIVATIONS),
  };
}

/**
 * While training, sets a random share of the values to zero and scales the others by 1 / (1 - rate).
 * @throws ThawError ERR_INVALID_ARGUMENT
 */
export function dropout(rate: number): HeadLayer {
  numberIn('rate', rate, 0, 0.999999);
  return { kind: 'dropout', rate };
}

/**
 * Batch normalisation over the features, with Keras' defaults.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function batchNormalization(options: { momentum?: number; epsilon?: number } = {}): HeadLayer {
  knownOptions('batchNormalization', options, ['momentum', 'epsilon']);
  return {
    kind: 'batchNormalization',
    momentum: numberIn('momentum', options.momentum ?? 0.99, 0, 1),
    epsilon: numberIn('epsilon', options.epsilon ?? 1e-3, 0, 1),
  };
}

/** The head with which torchvision's networks end: the mean over the feature map, then one dense layer. */
export function linearHead(classes: number): HeadLayer[] {
  return [globalAveragePooling(), dense(classes)];
}

/**
 * How dense layers are drawn. keras: weights uniform within sqrt(6 / (in + out)) (Glorot), zero biases. pytorch:
 * weights and biases uniform within 1 / sqrt(in), as torch.nn.Linear.
 */
export const INITIALIZERS = ['keras', 'pytorch'] as const;
export type Initializer = (typeof INITIALIZERS)[number];

/** Whether a head is torchvision's: its tensors are then called `fc`, else `head.0`, `head.1`, ... */
export function isLinearHead(layers: readonly HeadLayer[]): boolean {
  return layers.length === 2 && layers[0]?.kind === 'globalAveragePooling' && layers[1]?.kind === 'dense';
}

const KERAS_NAMES = {
  globalAveragePooling: 'global_average_pooling2d',
  flatten: 'flatten',
  dense: 'dense',
  dropout: 'dropout',
  batchNormalization: 'batch_normalization',
} as const;

/** Gives the layers the names that Keras would give them: dense, dense_1, ... */
export function namedHead(layers: readonly HeadLayer[]): NativeHeadLayer[] {
  const seen = new Map<string, number>();
  return layers.map((layer) => {
    const base = KERAS_NAMES[layer.kind];
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return { ...layer, name: count === 0 ? base : `${base}_${count}` };
  });
}
