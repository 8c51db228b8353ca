import type { Family } from './family.ts';
import { number, yesNo } from './kinds.ts';
import type { Table } from './table.ts';

export const rate = number({ minimum: 0 });
/** A larger one moves weights to where nothing is learnt, which a single step does unseen. */
export const learningRate = number({ minimum: 0, maximum: 1000 });
const decay = number({ minimum: 0, below: 1 });

const adaptive = {
  learningRate: { kind: learningRate, default: 0.001, help: 'the size of a step' },
  beta1: { kind: decay, default: 0.9, help: 'how much of the mean gradient a step keeps' },
  beta2: { kind: decay, default: 0.999, help: 'how much of the mean squared gradient a step keeps' },
  epsilon: {
    kind: rate,
    default: 1e-7,
    help: "added to the root of the bias-corrected second moment, PyTorch's place; the value is Keras'",
  },
} as const satisfies Table;

/** An optimizer is an entry here, a function in model/optimizers.ts, and its step in the engine. */
export const optimizers = {
  adam: {
    help: 'Adam (Kingma and Ba 2014)',
    options: {
      ...adaptive,
      weightDecay: { kind: rate, default: 0, help: 'L2, added to the gradient' },
      epsilonHat: {
        kind: yesNo,
        default: false,
        help: "adds epsilon before the second moment's bias is corrected, as Keras does",
      },
    },
  },
  adamw: {
    help: 'AdamW (Loshchilov and Hutter 2017)',
    options: { ...adaptive, weightDecay: { kind: rate, default: 0.004, help: "decoupled; Keras' value" } },
  },
  sgd: {
    help: "stochastic gradient descent, with PyTorch's form of momentum",
    options: {
      learningRate: { kind: learningRate, default: 0.01, help: 'the size of a step' },
      momentum: {
        kind: number({ minimum: 0, maximum: 1 }),
        default: 0.9,
        help: "how much of the last step the next one keeps; Keras' default is 0",
      },
      nesterov: { kind: yesNo, default: false, help: "Nesterov's momentum" },
      weightDecay: { kind: rate, default: 0, help: 'L2, added to the gradient' },
    },
  },
} as const satisfies Family;
