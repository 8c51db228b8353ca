export { Dataset, type DatasetItem, type DatasetParts, type DatasetSplitOptions } from './data/dataset.ts';
export type { Finding, FindingKind } from './data/finding.ts';
export type { LabelRows, Labels } from './data/given-labels.ts';
export { type ImageFolderOptions, imageFolder } from './data/image-folder.ts';
export {
  type ImageArrayOptions,
  type ImageBuffersOptions,
  imageArray,
  imageBuffers,
} from './data/in-memory.ts';
export type { LabelledImages } from './data/labelled-images.ts';
export type { LeftOut } from './data/left-out.ts';
export { type ImageListingOptions, imageListing } from './data/listing.ts';
export type { TargetKind, TargetRows } from './data/targets.ts';
export {
  type DatasetLike,
  type ImageBatch,
  type ImageBatches,
  type ToDatasetOptions,
  toDataset,
} from './data/to-dataset.ts';
export { type ErrorCode, ThawError } from './errors.ts';
export type { SaveOptions } from './formats/write.ts';
export type { BatchLogs, Callbacks, EpochLogs, TrainBegin, ValidationLogs } from './model/callbacks.ts';
export type { CompileOptions, Loss, Metric, ParameterGroup } from './model/compile.ts';
export type { ClassScores, Evaluation, SkippedImage } from './model/evaluation.ts';
export type { CacheFacts, CacheMode, CacheOptions } from './model/feature-cache.ts';
export type { EarlyStopping, EvaluateOptions, FitOptions, RunOptions } from './model/fit-options.ts';
export type { History, TimeSpent } from './model/history.ts';
export type { Layer, LayerSelector } from './model/layers.ts';
export type { LoadOptions } from './model/load.ts';
export {
  loadResNet,
  ResNet18,
  ResNet34,
  ResNet50,
  ResNet101,
  ResNet152,
  ResNeXt50,
  ResNeXt101,
  WideResNet50,
  WideResNet101,
} from './model/networks.ts';
export { adam, adamw, type Optimizer, sgd } from './model/optimizers.ts';
export type { LabelProbability, PredictInput, Prediction, Tensor } from './model/prediction.ts';
export type { ResNet } from './model/resnet.ts';
export { constant, cosine, type Schedule, step } from './model/schedules.ts';
export type { ParameterCounts } from './model/summary.ts';
export type { Architecture, Variant } from './network/architecture.ts';
export {
  batchNormalization,
  dense,
  dropout,
  flatten,
  globalAveragePooling,
  type HeadLayer,
  type Initializer,
  linearHead,
} from './network/head.ts';
export type { Device } from './options/load.ts';
