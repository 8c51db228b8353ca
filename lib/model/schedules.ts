import { knownOptions, numberIn } from '../validate.ts';

/** How the learning rate changes with the steps; made by the functions below, taken by `compile`. */
export interface Schedule {
  readonly kind: 'constant' | 'cosine' | 'step';
  readonly warmupEpochs: number;
  readonly minimum?: number;
  readonly every?: number;
  readonly gamma?: number;
}

interface Warmup {
  /** Epochs over which the rate rises linearly to its full value. Default 0. */
  warmupEpochs?: number;
}

/** The full learning rate, after a warm-up. @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function constant(options: Warmup = {}): Schedule {
  knownOptions('constant', options, ['warmupEpochs']);
  return { kind: 'constant', warmupEpochs: epochs('warmupEpochs', options.warmupEpochs ?? 0) };
}

/**
 * Half a cosine from the full rate to `minimum` times it (Loshchilov and Hutter 2016, without restarts).
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function cosine(options: Warmup & { minimum?: number } = {}): Schedule {
  knownOptions('cosine', options, ['warmupEpochs', 'minimum']);
  return {
    kind: 'cosine',
    warmupEpochs: epochs('warmupEpochs', options.warmupEpochs ?? 0),
    minimum: numberIn('minimum', options.minimum ?? 0, 0, 1),
  };
}

/** Times `gamma` after every `every` epochs. @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function step(options: Warmup & { every?: number; gamma?: number } = {}): Schedule {
  knownOptions('step', options, ['warmupEpochs', 'every', 'gamma']);
  return {
    kind: 'step',
    warmupEpochs: epochs('warmupEpochs', options.warmupEpochs ?? 0),
    every: numberIn('every', options.every ?? 30, 1e-3, Number.POSITIVE_INFINITY),
    gamma: numberIn('gamma', options.gamma ?? 0.1, 0, 1),
  };
}

function epochs(name: string, value: number): number {
  return numberIn(name, value, 0, Number.POSITIVE_INFINITY);
}
