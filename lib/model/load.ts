import { ThawError } from '../errors.ts';
import type { DownloadProgress } from '../files/progress.ts';
import { type ReadWeights, readWeights } from '../formats/read.ts';
import { call, type NativeWeights, native, settle } from '../native.ts';
import { type Architecture, architectureNamed, type Variant } from '../network/architecture.ts';
import type { ModelDescription } from '../network/description.ts';
import { type HeadLayer, linearHead, namedHead } from '../network/head.ts';
import { preprocessingFor, withShape } from '../network/preprocessing.ts';
import { load } from '../options/load.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { fetchWeights } from '../weights/fetch.ts';
import { convertWeights } from './convert-weights.ts';
import { ResNet } from './resnet.ts';

/** docs/api.md has the table. */
export interface LoadOptions extends Omit<Given<typeof load>, 'onProgress'> {
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/**
 * Loads a residual network; `architecture` may be left undefined where a weights file says it.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH, ERR_WEIGHTS_FETCH,
 *   ERR_DEVICE_NOT_FOUND, ERR_ADDON_NOT_LOADED, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_ABORTED
 */
export async function loadResNet(
  architecture: Architecture | undefined,
  options: LoadOptions = {},
): Promise<ResNet> {
  const { weights, device, seed, initializer } = checkOptions('load', load, options);
  const wanted = architecture === undefined ? undefined : architectureNamed(architecture);
  const path = weights === 'imagenet' ? await imagenet(wanted ?? 'resnet50', options) : weights;
  const read = path === null ? undefined : await readWeights(path);
  const origin = path ?? 'The weights';
  const description = describe(wanted, read, origin, options);

  const model = await settle(
    native().createModel({
      architecture: description.architecture,
      variant: description.variant,
      device,
      head: namedHead(description.head),
      seed,
      initializer,
      preprocessing: description.preprocessing,
      weights: read?.weights,
      origin,
      backboneOnly: description.head.length === 0,
    }),
  );
  return new ResNet(model, description, origin);
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
    requireVariant(saved.variant, options.variant, origin);
    return {
      ...saved,
      ...(options.inputShape && { preprocessing: withShape(saved.preprocessing, options.inputShape) }),
      ...(options.includeTop === false && { head: [], classes: [] }),
    };
  }
  const found = file && call(() => native().matchArchitecture(file, origin, wanted));
  if (found) requireVariant(found.variant, options.variant, origin);
  const variant = found?.variant ?? options.variant ?? 'torchvision';
  return {
    architecture: found?.name ?? wanted ?? 'resnet50',
    variant,
    head: hasTop(options.includeTop, file) ? topOf(file) : [],
    classes: [],
    preprocessing: preprocessingFor(options.inputShape ?? [224, 224, 3], variant),
  };
}

function requireVariant(found: Variant, wanted: Variant | undefined, origin: string): void {
  if (wanted === undefined || wanted === found) return;
  throw new ThawError('ERR_WEIGHTS_MISMATCH', `${origin} holds the ${found} variant, not the ${wanted} one.`);
}

function hasTop(includeTop: LoadOptions['includeTop'], file: NativeWeights | undefined): boolean {
  return includeTop === 'auto' ? file?.shapes['fc.weight'] !== undefined : includeTop !== false;
}

/** torchvision's head, with as many classes as the file has. */
function topOf(file: NativeWeights | undefined): HeadLayer[] {
  return linearHead(file?.shapes['fc.weight']?.[0] || 1000);
}
