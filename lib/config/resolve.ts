import { unusable } from '../options/arguments.ts';
import { optimizers } from '../options/optimizers.ts';
import { defaults } from '../options/table.ts';
import { type TrainConfig, type TrainValues, trainOptions } from '../options/train.ts';

/** What the demonstration set does otherwise: small inputs and everything trained, for a minute or two. */
export type Preset = Partial<TrainValues>;

/**
 * Puts the layers together, the later over the earlier: defaults, `preset`, then each of `layers`
 * (configuration file, command line).
 * @throws ThawError ERR_INVALID_ARGUMENT where options exclude each other
 */
export function resolveConfig(layers: readonly TrainValues[], preset: Preset = {}): TrainConfig {
  const given: TrainValues = Object.assign({}, ...layers.map(withoutConflicts(layers)));
  const values: TrainValues = { ...defaults(trainOptions), ...preset, ...given };
  if (given.val !== undefined) {
    if ((given.validationSplit ?? 0) > 0) {
      throw unusable('Give either --val or --validation-split, not both.');
    }
    values.validationSplit = 0;
  }
  if (values.val !== undefined && values.data === undefined) {
    throw unusable('Give --data beside --val: the images to train on.');
  }
  const { learningRate, weightDecay } = optimizers[values.optimizer ?? 'adam'].options;
  values.learningRate ??= learningRate.default;
  // What is known is moved less than what is new.
  if (values.unfreeze !== 'none' && values.weights !== 'none')
    values.backboneLearningRate ??= values.learningRate / 10;
  values.weightDecay ??= weightDecay.default;
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

function inTableOrder(values: TrainValues): TrainValues {
  return Object.fromEntries(
    Object.keys(trainOptions)
      .filter((name) => values[name as keyof TrainValues] !== undefined)
      .map((name) => [name, values[name as keyof TrainValues]]),
  ) as TrainValues;
}
