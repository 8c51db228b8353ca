import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { isErrorCode, ThawError } from './errors.ts';
import { packageRoot } from './files/package-root.ts';
import type { NativeEvaluation, NativeEvent, NativeExamined, NativeHistory } from './native-run.ts';
import type { compile, parameterGroup } from './options/compile.ts';
import type { MemberOf } from './options/family.ts';
import type { CACHE_MODES, checkpoint, fit } from './options/fit.ts';
import type { ACTIVATIONS, HeadLayer } from './options/head-layers.ts';
import type { ARCHITECTURES, load as loadOptions, VARIANTS } from './options/load.ts';
import type { METRICS } from './options/metrics.ts';
import type { optimizers } from './options/optimizers.ts';
import type { apply, DECODES, run } from './options/run.ts';
import type { schedules } from './options/schedules.ts';
import type { Checked } from './options/table.ts';
import { reasonOf } from './reason.ts';
import { commandHere, withCommandsHere } from './system/command-here.ts';

/** The native addon, as binding/napi exports it. Arguments are validated before they come here. */
export interface Native {
  info(): NativeInfo;
  readWeights(path: string): Promise<NativeWeights>;
  /** The network in the newest good checkpoint of a folder. */
  readCheckpoint(directory: string): Promise<NativeCheckpoint>;
  /** Of what was read in JavaScript: float32 tensors by torchvision's names, not to be changed until it is done. Copies. */
  makeWeights(
    format: string,
    tensors: Readonly<Record<string, { data: Float32Array; shape: readonly number[] }>>,
    metadata: Readonly<Record<string, string>>,
  ): Promise<NativeWeights>;
  /** Every network in every variant that there is of it. */
  architectures(): NativeArchitecture[];
  /** The nodes of a network, in the order of Keras' `model.layers`. */
  networkGraph(options: NativeGraphOptions): NativeNode[];
  /** The network that a file's tensors belong to; that of the name `wanted`, where they are hardly any's. */
  matchArchitecture(
    weights: NativeWeights,
    origin: string,
    wanted: NativeArchitecture['name'] | undefined,
  ): NativeArchitecture;
  createModel(options: NativeModelOptions): Promise<NativeModel>;
  /** Encodes RGB bytes by the file's suffix (.png, .jpg). */
  writeImage(path: string, rgb: Uint8Array, height: number, width: number): Promise<void>;
  /** The middle square of an image, `side` pixels wide, as a JPEG file. */
  thumbnail(path: string, side: number): Promise<Uint8Array>;
  /** Of each image's bytes, or of its size and its two ends; '' for what cannot be read. */
  imageDigests(dataset: NativeDataset, whole: boolean): Promise<string[]>;
  /** Reads and decodes every image. */
  examineImages(
    dataset: NativeDataset,
    options: { [K in keyof NativeRunOptions]?: NativeRunOptions[K] | undefined },
    stop: NativeStopFlag,
  ): Promise<NativeExamined>;
  /** The process ends with this code: what computes is to stop. */
  processEnds(code: number): void;
  StopFlag: new () => NativeStopFlag;
}

export interface NativeInfo {
  libtorch: string;
  cpuCapability: string;
  cpuBfloat16: boolean;
  threads: number;
  cudaBuilt: boolean;
  cuda: string;
  cudnn: string;
  gpus: string[];
  libjpeg: string;
  libvips: string;
  /** What is read: `JPEG`, `PNG` ... */
  imageFormats: string[];
}

export interface NativeArchitecture {
  name: (typeof ARCHITECTURES)[number];
  variant: (typeof VARIANTS)[number];
}

export interface NativeGraphOptions {
  architecture: NativeArchitecture['name'];
  variant: NativeArchitecture['variant'];
  /** Of the input, in pixels. */
  height: number;
  width: number;
  head: readonly NativeHeadLayer[];
}

/** A node of a network's graph; names are Keras', `module` is torchvision's. */
export type NativeNode = {
  name: string;
  module: string;
  inputs: string[];
  /** Of one image's output: [channels, height, width] or [features]. */
  shape: number[];
} & (
  | { op: 'Input' | 'Relu' | 'Add' | 'GlobalAveragePool' | 'Flatten' }
  | {
      op: 'Convolution';
      filters: number;
      kernel: number;
      stride: number;
      padding: number;
      groups: number;
      bias: boolean;
      /** The layer in which Keras pads, '' where it has none. */
      padded: string;
    }
  | { op: 'MaxPool'; kernel: number; stride: number; padding: number; padded: string }
  | { op: 'BatchNorm'; epsilon: number; momentum: number }
  | { op: 'Dense'; units: number; activation: (typeof ACTIVATIONS)[number] }
  | { op: 'Dropout'; rate: number }
);

/** A weights file that has been read. */
export interface NativeWeights {
  readonly format: string;
  readonly metadata: Record<string, string>;
  readonly shapes: Record<string, number[]>;
}

export interface NativeCheckpoint {
  weights: NativeWeights;
  /** Whether they are those of the best epoch, and not the last ones. */
  best: boolean;
  /** From 0. */
  epoch: number;
  /** Done of that epoch; 0: its end, of the best, or the end of the one before. */
  batch: number;
  /** Sentences on newer checkpoints that were passed over. */
  damaged: string[];
}

export interface NativeStopFlag {
  /** Ends the call at its next step. */
  set(): void;
  /** Ends training with its epoch, and the epoch at its next step. */
  finish(): void;
  /** Lets training that waits go on. */
  release(): void;
}

export type NativeHeadLayer = HeadLayer & { readonly name: string };

export interface NativePreprocessing {
  height: number;
  width: number;
  resize: number;
  mean: number[];
  std: number[];
  decode: (typeof DECODES)[number];
}

export interface NativeModelOptions
  extends Pick<Checked<typeof loadOptions>, 'device' | 'seed' | 'initializer'> {
  architecture: (typeof ARCHITECTURES)[number];
  variant: (typeof VARIANTS)[number];
  head: readonly NativeHeadLayer[];
  preprocessing: NativePreprocessing;
  weights?: NativeWeights | undefined;
  /** What messages call the weights. */
  origin: string;
  backboneOnly: boolean;
}

/** What `compile` says, as the engine takes it. */
export interface NativeTraining
  extends Omit<
    Checked<typeof compile>,
    'optimizer' | 'schedule' | 'groups' | 'metrics' | 'backboneLearningRate' | 'layerDecay'
  > {
  optimizer: MemberOf<typeof optimizers>;
  schedule: MemberOf<typeof schedules>;
  groups: readonly NativeGroup[];
  metrics: readonly (typeof METRICS)[number][];
  /** By class index; empty where all weigh the same. */
  classWeight?: readonly number[];
}

/** Modules, by torchvision's names, with a learning rate or weight decay of their own. */
export interface NativeGroup extends Omit<Checked<typeof parameterGroup>, 'layers'> {
  modules: readonly string[];
}

export type NativeRunOptions = Omit<Checked<typeof run>, 'signal'>;

export interface NativeFitOptions
  extends Omit<
    Checked<typeof fit>,
    | 'batchSize'
    | 'cache'
    | 'classWeight'
    | 'validationData'
    | 'validationSplit'
    | 'stepsPerEpoch'
    | 'checkpoint'
    | 'callbacks'
    | 'signal'
  > {
  /** 0: to be found. */
  batchSize: number;
  cache: { mode: (typeof CACHE_MODES)[number]; memory: number; directory?: string };
  checkpoint?: Checked<typeof checkpoint> & {
    /** What tells the run from others; where it is not `fixed`, it may be changed in a run that goes on. */
    facts: readonly NativeFact[];
    /** The metadata of the model's file. */
    description: readonly NativeFact[];
  };
  /** Events of type 'batch' and 'validation' are wanted. */
  batchEvents: boolean;
  /** Training waits once it has begun, and after each epoch, until it is released. */
  holdEpochs: boolean;
}

export interface NativeFact {
  name: string;
  text: string;
  fixed?: boolean;
}

export interface NativeLayer {
  name: string;
  torchName: string;
  type: string;
  outputShape: number[];
  head: boolean;
  trainable: boolean;
  weights: number;
  buffers: number;
}

export interface NativeTensor {
  data: Float32Array;
  shape: number[];
}

/** Exactly one of `paths`, `images` and `pixels`. */
export interface NativeDataset {
  paths?: readonly string[];
  images?: readonly Uint8Array[];
  pixels?: Uint8Array | Float32Array;
  shape?: readonly number[];
  /** At most one of `labels` and `shares`. */
  labels?: Int32Array;
  /** Each class' share of each image, [images, classes] row by row. */
  shares?: Float32Array;
  /** The shares are 1 for the labels that an image has and 0 for the others. */
  multiLabel?: boolean;
  /** Of each image in the loss of training. */
  sampleWeights?: Float32Array;
}

export interface NativeModel {
  layers(): NativeLayer[];
  device(): string;
  setTrainable(indices: readonly number[], trainable: boolean): void;
  replaceHead(
    layers: readonly NativeHeadLayer[],
    seed: number,
    initializer: NativeModelOptions['initializer'],
  ): void;
  /** Forgets what earlier calls of `fit` have left to go on from. */
  startAnew(): void;
  loadWeights(weights: NativeWeights, origin: string, backboneOnly: boolean): Promise<void>;
  setState(tensors: Readonly<Record<string, NativeTensor>>): void;
  fit(
    train: NativeDataset,
    validation: NativeDataset | undefined,
    classes: number,
    training: NativeTraining,
    options: NativeFitOptions,
    stop: NativeStopFlag,
    listener: (event: NativeEvent) => void,
  ): Promise<NativeHistory>;
  evaluate(
    dataset: NativeDataset,
    classes: number,
    training: Pick<NativeTraining, 'loss'> & Partial<NativeTraining>,
    options: NativeRunOptions & { thresholds: readonly number[] },
    stop: NativeStopFlag,
  ): Promise<NativeEvaluation>;
  predict(dataset: NativeDataset, options: NativeRunOptions, stop: NativeStopFlag): Promise<NativeTensor>;
  /** Reads and decodes every image, and compares the features of those that can be. */
  examine(
    dataset: NativeDataset,
    classes: number,
    neighbours: number,
    options: NativeRunOptions,
    stop: NativeStopFlag,
  ): Promise<NativeExamined>;
  apply(dataset: NativeDataset, options: Checked<typeof apply>): Promise<NativeTensor>;
  save(
    path: string,
    format: 'safetensors' | 'torchscript' | 'pytorch',
    metadata: Record<string, string>,
    /** With the state of training; of safetensors alone. */
    withTraining: boolean,
  ): Promise<void>;
  /** Of these tensors, or of all. */
  state(names?: readonly string[]): Promise<Record<string, NativeTensor>>;
  dispose(): void;
}

let loaded: Native | undefined;

/**
 * The addon, loaded at the first call.
 * @throws ThawError ERR_ADDON_NOT_LOADED, with what was tried and the commands that help.
 */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

function load(): Native {
  const root = packageRoot();
  const require = createRequire(import.meta.url);
  try {
    const addon = require('node-gyp-build')(root) as Native;
    // A worker's end tears its environment down; the process goes on.
    if (isMainThread) process.prependListener('exit', (code) => addon.processEnds(code));
    return addon;
  } catch (error) {
    const advice = existsSync(`${root}/libtorch`)
      ? `run \`${commandHere('doctor')}\` to see what is wrong, \`${commandHere('setup')}\` to build again`
      : `libtorch is not set up: run \`${commandHere('setup')}\``;
    throw new ThawError(
      'ERR_ADDON_NOT_LOADED',
      `The native addon for ${process.platform}-${process.arch} (Node ${process.versions.node}) could not be ` +
        `loaded from build/Release or prebuilds; ${advice}: ${reasonOf(error)}.`,
      { cause: error },
    );
  }
}

/** Awaits a native promise; what it rejects with becomes a ThawError. */
export async function settle<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw asThawError(error);
  }
}

/** Calls the addon synchronously; what it throws becomes a ThawError. */
export function call<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw asThawError(error);
  }
}

function asThawError(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return isErrorCode(code) && typeof message === 'string' && !(error instanceof ThawError)
    ? new ThawError(code, withCommandsHere(message), { cause: error })
    : error;
}
