import { checkMember, type Family, type MemberOf, make } from './family.ts';
import { handedOver, list, named, object } from './kinds.ts';
import { METRICS } from './metrics.ts';
import { learningRate, optimizers, rate } from './optimizers.ts';
import { share } from './run.ts';
import { schedules } from './schedules.ts';
import type { Kind, Table } from './table.ts';

export const LOSSES = ['categoricalCrossentropy', 'binaryCrossentropy'] as const;

/** Layers with a learning rate or weight decay of their own. */
export const parameterGroup = {
  layers: {
    kind: handedOver('a layer selector', (value) => value !== undefined),
    required: true,
    help: 'which',
  },
  learningRate: { kind: learningRate, help: 'in place of that of the optimizer' },
  weightDecay: { kind: rate, help: 'in place of that of the optimizer' },
} as const satisfies Table;

/** Made by a function of the family, or its name where it needs no options. */
function member<F extends Family>(family: F): Kind<MemberOf<F> | (keyof F & string), MemberOf<F>> {
  const functions = Object.keys(family).map((name) => `${name}()`);
  const last = functions.pop();
  const expected = `${functions.join(', ')} or ${last}`;
  return {
    expected,
    written: Object.keys(family).join('|'),
    check: (name, value) => {
      const kind = typeof value === 'string' && value.toLowerCase();
      return kind && Object.hasOwn(family, kind)
        ? make(family, kind, {})
        : checkMember(name, family, expected, value);
    },
  };
}

/** How others spell them; labels are class indices here in either of Keras' categorical losses. */
const otherLosses = {
  categorical_crossentropy: 'categoricalCrossentropy',
  sparse_categorical_crossentropy: 'categoricalCrossentropy',
  sparseCategoricalCrossentropy: 'categoricalCrossentropy',
  binary_crossentropy: 'binaryCrossentropy',
} as const;
const otherMetrics = {
  acc: 'accuracy',
  categorical_accuracy: 'accuracy',
  categoricalAccuracy: 'accuracy',
  sparse_categorical_accuracy: 'accuracy',
  sparseCategoricalAccuracy: 'accuracy',
  binary_accuracy: 'accuracy',
  binaryAccuracy: 'accuracy',
  top_k_categorical_accuracy: 'top5',
  sparse_top_k_categorical_accuracy: 'top5',
} as const;

/** What Keras' compile() takes. */
export const compile = {
  optimizer: {
    kind: member(optimizers),
    otherwise: '`adam()`',
    help: 'how the weights are moved',
  },
  loss: {
    kind: named(LOSSES, otherLosses),
    default: 'categoricalCrossentropy',
    group: 'Training',
    help: 'what is made small; computed on logits, so a final softmax or sigmoid is part of it',
  },
  labelSmoothing: {
    kind: share,
    default: 0,
    group: 'Training',
    help: 'share of a label that is spread over all classes',
  },
  metrics: {
    kind: list(
      named(METRICS, otherMetrics),
      `a list of ${METRICS.map((metric) => `'${metric}'`).join(', ')}`,
    ),
    default: ['accuracy'],
    help: 'top5 adds top-5 accuracy to the history; accuracy is always there',
  },
  schedule: {
    kind: member(schedules),
    otherwise: '`constant()`',
    help: 'how the learning rate changes with the steps',
  },
  backboneLearningRate: {
    kind: learningRate,
    otherwise: "the optimizer's",
    group: 'Training',
    help: 'of the layers that are not of the head',
  },
  layerDecay: {
    kind: share,
    default: 1,
    group: 'Training',
    help: "what the backbone's learning rate is multiplied by for each residual block between a layer and the head's end of it",
  },
  groups: {
    kind: list(object(parameterGroup), 'a list of { layers, learningRate, weightDecay }'),
    default: [],
    help: 'layers with a learning rate or weight decay of their own, which comes before `backboneLearningRate`; later ones win',
  },
} as const satisfies Table;
