import type { Family, Member, MemberOf } from './family.ts';
import { make } from './family.ts';
import { number, oneOf } from './kinds.ts';
import { count, share } from './run.ts';

export const ACTIVATIONS = ['linear', 'relu', 'softmax', 'sigmoid'] as const;

export interface HeadMember extends Member {
  /** Keras' class. */
  readonly keras: string;
  /** A shorter name in `--head`. */
  readonly word?: string;
  /** What the word has where no value is written beside it. */
  readonly alone?: Readonly<Record<string, unknown>>;
}

/**
 * What a classification head is made of. A layer is an entry here, a function in network/head.ts, and its module in
 * the engine.
 */
export const headLayers = {
  globalAveragePooling: {
    help: '[h, w, channels] to [channels]: the mean over the feature map',
    keras: 'GlobalAveragePooling2D',
    word: 'gap',
    options: {},
  },
  flatten: {
    help: "[h, w, channels] to [h * w * channels], in that order: Keras'",
    keras: 'Flatten',
    options: {},
  },
  dense: {
    help: 'fully connected, [features] to [units]',
    keras: 'Dense',
    options: {
      units: { kind: count, required: true, help: 'length of the output' },
      activation: { kind: oneOf(ACTIVATIONS), default: 'linear', help: 'of the output' },
    },
  },
  dropout: {
    help: 'sets a random share of the values to zero while training, and scales the others by 1 / (1 - rate)',
    keras: 'Dropout',
    alone: { rate: 0.5 },
    options: { rate: { kind: number({ minimum: 0, below: 1 }), required: true, help: 'that share' } },
  },
  batchNormalization: {
    help: 'batch normalisation over the features',
    keras: 'BatchNormalization',
    word: 'bn',
    options: {
      momentum: { kind: share, default: 0.99, help: 'share of the old running statistics that is kept' },
      epsilon: { kind: share, default: 1e-3, help: 'added to the variance' },
    },
  },
} as const satisfies Readonly<Record<string, HeadMember>> & Family;

/** A layer of a classification head; made by the functions of network/head.ts, taken by `replaceHead`. */
export type HeadLayer = MemberOf<typeof headLayers>;

/** The head with which torchvision's networks end: the mean over the feature map, then one dense layer. */
export function linearHead(classes: number): HeadLayer[] {
  return [make(headLayers, 'globalAveragePooling', {}), make(headLayers, 'dense', { units: classes })];
}

/** How many outputs a head has; undefined where it ends with no dense layer. */
export function headUnits(layers: readonly HeadLayer[]): number | undefined {
  const last = layers.at(-1);
  return last?.kind === 'dense' ? last.units : undefined;
}
