import type { NativePreprocessing } from '../../native.ts';
import { describeModel, type ModelDescription } from '../../network/description.ts';
import { INPUT_SIDE } from '../../options/load.ts';
import { type ImageSize, USUAL_SIZE } from '../known-networks.ts';
import { FormatError } from './format-error.ts';
import { arrayAt, type JsonObject, objectAt, stringAt } from './json.ts';

/** What `userDefinedMetadata` says beyond the topology. */
export interface Metadata {
  /** Empty where they are not known. */
  classes: readonly string[];
  preprocessing: JsonObject | undefined;
}

/**
 * For `userDefinedMetadata`: the description, readable in the browser as `model.getUserDefinedMetadata().thaw`.
 * Mean and standard deviation are in the order red, green, blue; `channels` is the order that the network takes.
 */
export function metadataOf(description: ModelDescription): object {
  const thaw = JSON.parse(describeModel(description).thaw ?? '') as object;
  return { thaw: { ...thaw, channels: description.variant === 'keras' ? 'bgr' : 'rgb' } };
}

/** @throws FormatError where it is ours but has not what ours has */
export function readMetadata(userDefinedMetadata: unknown): Metadata {
  const all = objectAt(userDefinedMetadata ?? {}, 'userDefinedMetadata');
  if (all.thaw === undefined) return { classes: [], preprocessing: undefined };
  const thaw = objectAt(all.thaw, 'its description');
  const classes = arrayAt(thaw.classes, 'its list of classes').map((name) => stringAt(name, 'a class'));
  return { classes, preprocessing: objectAt(thaw.preprocessing, 'its preprocessing') };
}

/** What the images are where the topology leaves it open, as fully convolutional networks may. @throws FormatError */
export function openSize({ preprocessing }: Metadata): ImageSize {
  return preprocessing
    ? { height: side(preprocessing.height), width: side(preprocessing.width) }
    : USUAL_SIZE;
}

/** What the file says of it, else the network's usual one. @throws FormatError where it is of another size */
export function preprocessingOf(
  usual: NativePreprocessing,
  { preprocessing }: Metadata,
): NativePreprocessing {
  if (!preprocessing) return usual;
  if (preprocessing.height !== usual.height || preprocessing.width !== usual.width) {
    throw new FormatError(`its preprocessing is not of its input's size`);
  }
  return {
    ...usual,
    resize: side(preprocessing.resize, RESIZED),
    mean: three(preprocessing.mean, () => true),
    std: three(preprocessing.std, (value) => value > 0),
    decode: preprocessing.decode === 'fast' ? 'fast' : 'exact',
  };
}

/** Before the crop, images are larger. */
const RESIZED = { minimum: 1, maximum: 2 * INPUT_SIDE.maximum };

function side(
  value: unknown,
  { minimum, maximum }: { minimum: number; maximum: number } = INPUT_SIDE,
): number {
  if (Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum) {
    return value as number;
  }
  throw new FormatError(`its images are not of ${minimum} to ${maximum} pixels a side`);
}

function three(values: unknown, allowed: (value: number) => boolean): number[] {
  const list = arrayAt(values, 'a mean or standard deviation') as number[];
  if (list.length === 3 && list.every((value) => Number.isFinite(value) && allowed(value))) return [...list];
  throw new FormatError('its mean or standard deviation is not of three channels');
}
