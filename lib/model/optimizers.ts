import { invalid, knownOptions, numberIn } from '../validate.ts';

/** Made by `adam`, `adamw` or `sgd`; taken by `compile`. */
export interface Optimizer {
  readonly kind: 'adam' | 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly epsilonHat?: boolean;
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

export interface AdamOptions {
  /** Default 0.001. */
  learningRate?: number;
  /** Default 0 for adam (L2, added to the gradient), 0.004 for adamw (decoupled), as in Keras. */
  weightDecay?: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Added to the root of the bias-corrected second moment (PyTorch's place). Default 1e-7, as in Keras. */
  epsilon?: number;
}

/**
 * Adam (Kingma and Ba 2014). With `epsilonHat`, epsilon is added to the root of the second moment before its bias is
 * corrected, as Keras does it ("epsilon hat" of the paper); default false.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function adam(options: AdamOptions & { epsilonHat?: boolean } = {}): Optimizer {
  const { epsilonHat = false, ...common } = options;
  if (typeof epsilonHat !== 'boolean') throw invalid('epsilonHat', 'true or false', epsilonHat);
  return { ...adaptive('adam', common, 0), epsilonHat };
}

/** AdamW (Loshchilov and Hutter 2017). @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function adamw(options: AdamOptions = {}): Optimizer {
  return adaptive('adamw', options, 0.004);
}

export interface SgdOptions {
  /** Default 0.01. */
  learningRate?: number;
  /** Default 0. */
  momentum?: number;
  nesterov?: boolean;
  /** L2, added to the gradient. Default 0. */
  weightDecay?: number;
}

/** Stochastic gradient descent, PyTorch's form of momentum. @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function sgd(options: SgdOptions = {}): Optimizer {
  knownOptions('sgd', options, ['learningRate', 'momentum', 'nesterov', 'weightDecay']);
  return {
    kind: 'sgd',
    learningRate: positive('learningRate', options.learningRate ?? 0.01),
    momentum: numberIn('momentum', options.momentum ?? 0, 0, 1),
    nesterov: options.nesterov ?? false,
    weightDecay: positive('weightDecay', options.weightDecay ?? 0),
  };
}

function adaptive(kind: 'adam' | 'adamw', options: AdamOptions, weightDecay: number): Optimizer {
  knownOptions(kind, options, ['learningRate', 'weightDecay', 'beta1', 'beta2', 'epsilon']);
  return {
    kind,
    learningRate: positive('learningRate', options.learningRate ?? 0.001),
    weightDecay: positive('weightDecay', options.weightDecay ?? weightDecay),
    beta1: numberIn('beta1', options.beta1 ?? 0.9, 0, 1),
    beta2: numberIn('beta2', options.beta2 ?? 0.999, 0, 1),
    epsilon: positive('epsilon', options.epsilon ?? 1e-7),
  };
}

function positive(name: string, value: number): number {
  return numberIn(name, value, 0, Number.POSITIVE_INFINITY);
}
