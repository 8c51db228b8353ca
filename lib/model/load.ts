import { ThawError } from '../errors.ts';
import type { DownloadProgress } from '../files/progress.ts';
import { type ReadWeights, readWeights } from '../formats/read.ts';
import { type NativeWeights, native, settle } from '../native.ts';
import {
  type Architecture,
  architectureNamed,
  architectureOf,
  VARIANTS,
  type Variant,
} from '../network/architecture.ts';
import type { ModelDescription } from '../network/description.ts';
import {
  dense,
  globalAveragePooling,
  type HeadLayer,
  INITIALIZERS,
  type Initializer,
  linearHead,
  namedHead,
} from '../network/head.ts';
import { type InputShape, preprocessingFor, withShape } from '../network/preprocessing.ts';
import { invalid, knownOptions, nonNegativeInteger, oneOf } from '../validate.ts';
import { fetchWeights } from '../weights/fetch.ts';
import { convertWeights } from './convert-weights.ts';
import { ResNet } from './resnet.ts';

export interface LoadOptions {
  /**
   * 'imagenet' fetches torchvision's weights once and keeps them; a path is a file of PyTorch (TorchScript, state
   * dict, checkpoint), safetensors (or the index of several), Keras (.h5, .weights.h5, .keras) or TensorFlow.js
   * (model.json); null draws random ones. Default 'imagenet'.
   */
  weights?: 'imagenet' | (string & {}) | null;
  /** 'auto' is the first CUDA device where there is one, else the CPU. Default 'auto'. */
  device?: string;
  /** With the file's classification head, or 1000 classes where there is no file. Default true. */
  includeTop?: boolean;
  /** [height, width, 3] of the network's input. Default [224, 224, 3], or what a saved model says. */
  inputShape?: InputShape;
  /**
   * How the network is built, where no file says it: 'torchvision' (the stride of a block in its 3x3 convolution) or
   * 'keras' (in its first 1x1 convolution, with biases and Caffe's preprocessing). Default 'torchvision'.
   */
  variant?: Variant;
  /** Of random weights. Default 0. */
  seed?: number;
  /** How random dense layers are drawn. Default 'keras'. */
  initializer?: Initializer;
  /** While weights are downloaded. */
  onProgress?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
}

/**
 * Loads a residual network; `architecture` may be left undefined where a weights file says it.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH, ERR_WEIGHTS_FETCH,
 *   ERR_DEVICE_NOT_FOUND, ERR_ADDON_NOT_LOADED, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_ABORTED
 */
export async function loadResNet(
  architecture: string | undefined,
  options: LoadOptions = {},
): Promise<ResNet> {
  knownOptions('load', options, [
    'weights',
    'device',
    'includeTop',
    'inputShape',
    'variant',
    'seed',
    'initializer',
    'onProgress',
    'signal',
  ]);
  const wanted = architecture === undefined ? undefined : architectureNamed(architecture);
  const weights = options.weights === undefined ? 'imagenet' : options.weights;
  if (weights !== null && (typeof weights !== 'string' || weights === '')) {
    throw invalid('weights', `'imagenet', the path of a file, or null`, weights);
  }
  const path = weights === 'imagenet' ? await imagenet(wanted ?? 'resnet50', options) : weights;
  const read = path === null ? undefined : await readWeights(path);
  const origin = path ?? 'The weights';
  const description = describe(wanted, read, origin, options);

  const model = await settle(
    native().createModel({
      architecture: description.architecture,
      variant: description.variant,
      device: options.device ?? 'auto',
      head: namedHead(description.head),
      seed: nonNegativeInteger('seed', options.seed ?? 0),
      initializer: oneOf('initializer', options.initializer ?? 'keras', INITIALIZERS),
      preprocessing: description.preprocessing,
      weights: read?.weights,
      origin,
      backboneOnly: description.head.length === 0,
    }),
  );
  return new ResNet(model, description);
}

async function imagenet(architecture: Architecture, options: LoadOptions): Promise<string> {
  const { onProgress, signal } = options;
  try {
    const fetched = await fetchWeights(architecture, { onProgress, signal, convert: convertWeights });
    return fetched.torchscript ?? fetched.pth;
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new ThawError('ERR_ABORTED', 'Loading was aborted.', { cause: error });
  }
}

/** What the network will be: a saved model says it itself, of other files the names and shapes tell. */
function describe(
  wanted: Architecture | undefined,
  read: ReadWeights | undefined,
  origin: string,
  options: LoadOptions,
): ModelDescription {
  const { weights: file, description: saved } = read ?? {};
  if (saved) {
    if (wanted && wanted !== saved.architecture) {
      throw new ThawError(
        'ERR_WEIGHTS_MISMATCH',
        `${origin} holds a ${saved.architecture}, not a ${wanted}.`,
      );
    }
    variantOf(file, options.variant, origin);
    return {
      ...saved,
      ...(options.inputShape && { preprocessing: withShape(saved.preprocessing, options.inputShape) }),
      ...(options.includeTop === false && { head: [], classes: [] }),
    };
  }
  const architecture =
    wanted ?? (file ? architectureOf(Object.keys(file.shapes), origin) : ('resnet50' as const));
  const variant = variantOf(file, options.variant, origin);
  return {
    architecture,
    variant,
    head: options.includeTop === false ? [] : topOf(file),
    classes: [],
    preprocessing: preprocessingFor(options.inputShape ?? [224, 224, 3], variant),
  };
}

/** Convolutions with biases are Keras'. */
function variantOf(file: NativeWeights | undefined, wanted: unknown, origin: string): Variant {
  const found = file && (file.shapes['conv1.bias'] ? 'keras' : 'torchvision');
  const variant = wanted === undefined ? (found ?? 'torchvision') : oneOf('variant', wanted, VARIANTS);
  if (found === undefined || found === variant) return variant;
  throw new ThawError(
    'ERR_WEIGHTS_MISMATCH',
    `${origin} holds the ${found} variant, not the ${variant} one.`,
  );
}

/** torchvision's head, with as many classes as the file has. */
function topOf(file: NativeWeights | undefined): HeadLayer[] {
  const classes = file?.shapes['fc.weight']?.[0];
  return classes ? [globalAveragePooling(), dense(classes)] : linearHead(1000);
}
