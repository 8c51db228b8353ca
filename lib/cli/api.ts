import type { HeadStep } from '../config/head.ts';
import type { ScheduleRule } from '../config/rules.ts';
import type { Dataset } from '../data/dataset.ts';

/**
 * The part of the public API that the command line uses. Stating it here keeps the commands free of the native
 * addon: `--help` and unusable arguments never load it, and tests pass a model of their own.
 */
export interface CommandApi {
  load(architecture: string | undefined, options: LoadOptions): Promise<CommandModel>;
  /** Turns what was parsed into the library's own layers, optimizers and schedules. */
  head(steps: readonly HeadStep[]): unknown[];
  optimizer(kind: string, options: { learningRate: number; weightDecay: number; momentum: number }): unknown;
  schedule(rule: ScheduleRule): unknown;
  writeImage(path: string, rgb: Uint8Array, height: number, width: number): void | Promise<void>;
}

export interface LoadOptions {
  weights: 'imagenet' | (string & {}) | null;
  device: string;
  includeTop?: boolean;
  inputShape?: [number, number, number];
  seed?: number;
  onProgress?: (progress: { receivedBytes: number; totalBytes?: number }) => void;
  signal?: AbortSignal;
}

export interface CommandModel {
  readonly classes: readonly string[];
  readonly device: string;
  readonly inputShape: readonly number[];
  replaceHead(layers: unknown[], options: { classes: readonly string[]; seed: number }): void;
  freeze(): void;
  unfreeze(which?: { last: number } | string[]): void;
  countParams(): ParameterCounts;
  summary(): string;
  compile(options: object): void;
  fit(train: Dataset, options: FitOptions): Promise<FitHistory>;
  evaluate(dataset: Dataset, options: object): Promise<Evaluation>;
  predict(inputs: readonly string[], options: { topK: number; batchSize?: number }): Promise<Prediction[]>;
  save(path: string): Promise<void>;
  dispose(): void;
}

export interface ParameterCounts {
  total: number;
  trainable: number;
}

export interface FitOptions {
  epochs: number;
  batchSize: number;
  validationData?: Dataset;
  seed: number;
  augment: string;
  precision: string;
  cache: string;
  classWeight?: 'auto' | Record<string, number>;
  earlyStopping?: { monitor: string; patience: number; restoreBestWeights: boolean };
  accumulationSteps: number;
  clipNorm?: number;
  threads: number;
  maxSkippedShare: number;
  checkpoint: { directory: string; resume: boolean };
  signal?: AbortSignal;
  callbacks: FitCallbacks;
}

export interface FitCallbacks {
  onTrainBegin?(info: TrainInfo): void;
  onBatchEnd?(logs: BatchLogs): void;
  onEpochEnd?(epoch: number, logs: EpochLogs): void;
}

export interface TrainInfo {
  batches: number;
  steps: number;
  precision: string;
  device: string;
  /** 0, or the number of epochs done before a resumed run. */
  startEpoch: number;
}

export interface BatchLogs {
  /** Counted from 0. */
  epoch: number;
  /** Batches done in this epoch. */
  batch: number;
  batches: number;
  images: number;
  imagesPerSecond: number;
  loss: number;
  accuracy: number;
}

export interface EpochLogs {
  loss: number;
  accuracy: number;
  valLoss?: number;
  valAccuracy?: number;
  epochSeconds: number;
  imagesPerSecond: number;
  learningRate: number;
}

export interface SkippedImage {
  name: string;
  code: string;
  reason: string;
}

export interface FitHistory {
  loss: number[];
  skipped: SkippedImage[];
  precision: string;
  device: string;
  stoppedEarly: boolean;
  bestEpoch?: number;
}

export interface ClassScores {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  /** Images of the class. */
  support: number;
}

export interface Evaluation {
  loss: number;
  accuracy: number;
  top5: number;
  images: number;
  perClass: ClassScores[];
  /** Rows: the true class; columns: the predicted one. */
  confusionMatrix: number[][];
  skipped: SkippedImage[];
}

export interface LabelProbability {
  label: string;
  index: number;
  probability: number;
}

export interface Prediction extends LabelProbability {
  top: LabelProbability[];
}
