import { ThawError } from '../errors.ts';
import type { NativePreprocessing, NativeTraining } from '../native.ts';
import { ARCHITECTURES, type Architecture, VARIANTS, type Variant } from './architecture.ts';
import type { HeadLayer } from './head.ts';

/** What a saved model says of itself, as JSON under the key `thaw` of its metadata. */
export interface ModelDescription {
  architecture: Architecture;
  variant: Variant;
  head: readonly HeadLayer[];
  /** Empty where they are not known. */
  classes: readonly string[];
  preprocessing: NativePreprocessing;
  /** An image may have many of the classes. */
  multiLabel?: boolean;
  /** Names of the layers that are not trainable. */
  frozen?: readonly string[];
  /** How it was compiled. */
  training?: NativeTraining;
  /** Of what it was trained before: whether the file holds it. */
  optimizerSaved?: boolean;
}

const KEY = 'thaw';
const VERSION = 1;

/** In one order, whatever the description was made of: the same model has the same text. */
export function describeModel(description: ModelDescription): Record<string, string> {
  const { architecture, variant, head, classes, preprocessing, ...others } = description;
  const { multiLabel, optimizerSaved, frozen, training } = others;
  return {
    [KEY]: JSON.stringify({
      version: VERSION,
      ...{ architecture, variant, head, classes, preprocessing },
      ...{ multiLabel, optimizerSaved, frozen, training },
    }),
  };
}

/** Undefined where the file is not one of ours. @throws ThawError ERR_WEIGHTS_FORMAT */
export function readDescription(
  metadata: Record<string, string>,
  origin: string,
): ModelDescription | undefined {
  const text = metadata[KEY];
  if (text === undefined) return undefined;
  try {
    const description = { variant: 'torchvision', ...JSON.parse(text) } as ModelDescription & {
      version: number;
    };
    const complete =
      description.version === VERSION &&
      VARIANTS.includes(description.variant) &&
      ARCHITECTURES.includes(description.architecture) &&
      Array.isArray(description.head) &&
      Array.isArray(description.classes) &&
      typeof description.preprocessing === 'object';
    // Models of before there was a choice do not say it.
    if (complete) description.preprocessing.decode ??= 'exact';
    if (complete) return description;
  } catch {
    // Refused below, like what parses but is no description.
  }
  throw new ThawError(
    'ERR_WEIGHTS_FORMAT',
    `${origin} describes its model in a way that this version of thaw does not understand.`,
  );
}
