import { type OptionSpec, type TrainValues, trainOptions } from './options.ts';
import { UsageError } from './validate.ts';

type Defaulted = {
  [K in keyof typeof trainOptions as (typeof trainOptions)[K] extends { default: unknown }
    ? K
    : never]-?: NonNullable<TrainValues[K & keyof TrainValues]>;
};

/** Everything that a run depends on; what is absent is off. */
export type TrainConfig = Omit<TrainValues, keyof Defaulted> &
  Defaulted & { inputSize: number; learningRate: number; weightDecay: number };

/** What the demonstration set does otherwise: small inputs and everything trained, for a minute or two. */
export type Preset = Partial<TrainValues>;

/**
 * Puts the layers together, the later over the earlier: defaults, `preset`, then each of `layers`
 * (configuration file, command line).
 * @throws UsageError ERR_INVALID_ARGUMENT where options exclude each other
 */
export function resolveConfig(layers: readonly TrainValues[], preset: Preset = {}): TrainConfig {
  const given: TrainValues = Object.assign({}, ...layers.map(withoutConflicts(layers)));
  const values: TrainValues = { ...defaults(), ...preset, ...given };
  if (given.val !== undefined) {
    if ((given.validationSplit ?? 0) > 0) {
      throw new UsageError('ERR_INVALID_ARGUMENT', 'Give either --val or --validation-split, not both.');
    }
    values.validationSplit = 0;
  }
  if (values.val !== undefined && values.data === undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'Give --data beside --val: the images to train on.');
  }
  values.inputSize ??= 224;
  values.learningRate ??= (values.optimizer === 'sgd' ? 1e-2 : 1e-3) * (values.unfreeze === 'none' ? 1 : 0.1);
  values.weightDecay ??= values.optimizer === 'adamw' ? 0.004 : 0;
  return inTableOrder(values) as TrainConfig;
}

/** A later layer that chooses one of --val and --validation-split drops the other from the earlier layers. */
function withoutConflicts(layers: readonly TrainValues[]): (layer: TrainValues, i: number) => TrainValues {
  return (layer, i) => {
    const later = layers.slice(i + 1);
    const result = { ...layer };
    if (later.some((other) => other.val !== undefined)) delete result.validationSplit;
    if (later.some((other) => (other.validationSplit ?? 0) > 0)) delete result.val;
    return result;
  };
}

function defaults(): TrainValues {
  return Object.fromEntries(
    Object.entries<OptionSpec>(trainOptions)
      .filter(([, spec]) => spec.default !== undefined)
      .map(([name, spec]) => [name, spec.default]),
  ) as TrainValues;
}

function inTableOrder(values: TrainValues): TrainValues {
  return Object.fromEntries(
    Object.keys(trainOptions)
      .filter((name) => values[name as keyof TrainValues] !== undefined)
      .map((name) => [name, values[name as keyof TrainValues]]),
  ) as TrainValues;
}
