import type { TrainValues } from '../options/train.ts';

/** What the drawn set is trained with unless asked otherwise: small inputs, for a minute on two cores. */
export const demoPreset: TrainValues = {
  inputSize: 96,
  epochs: 8,
  batchSize: 16,
  validationSplit: 0.25,
};

/** Over demoPreset where ImageNet weights cannot be had: random features need training, all of them. */
export const randomWeightsPreset: TrainValues = {
  unfreeze: 'all',
  schedule: 'cosine',
};
