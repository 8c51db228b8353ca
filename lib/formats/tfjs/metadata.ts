import type { NativePreprocessing } from '../../native.ts';
import type { Variant } from '../../network/architecture.ts';
import { describeModel, type ModelDescription } from '../../network/description.ts';
import { preprocessingFor } from '../../network/preprocessing.ts';
import { FormatError } from './format-error.ts';
import { arrayAt, type JsonObject, objectAt, stringAt } from './json.ts';
import type { TopologyLayer } from './read-topology.ts';

/** What `userDefinedMetadata` says beyond the topology. */
export interface Metadata {
  /** Empty where they are not known. */
  classes: readonly string[];
  preprocessing: JsonObject | undefined;
}

const LARGEST_SIDE = 1 << 14;

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

/** Of the input's size; with the means of the network's variant where the file says nothing. */
export function preprocessingOf(
  input: TopologyLayer,
  variant: Variant,
  { preprocessing }: Metadata,
): NativePreprocessing {
  const [, ...shape] = arrayAt(
    input.config.batch_input_shape ?? input.config.batch_shape,
    `the input's shape`,
  );
  // Fully convolutional networks leave the size open.
  const height = side(shape[0] ?? preprocessing?.height ?? 224);
  const width = side(shape[1] ?? preprocessing?.width ?? 224);
  if (shape.length !== 3 || shape[2] !== 3) throw new FormatError('its input is no [height, width, 3]');
  const usual = preprocessingFor([height, width, 3], variant);
  if (!preprocessing) return usual;
  const { resize } = preprocessing;
  if (preprocessing.height !== height || preprocessing.width !== width) {
    throw new FormatError(`its preprocessing is not of its input's size`);
  }
  return {
    ...usual,
    resize: side(resize),
    mean: three(preprocessing.mean, () => true),
    std: three(preprocessing.std, (value) => value > 0),
  };
}

function side(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 32 && (value as number) <= LARGEST_SIDE) {
    return value as number;
  }
  throw new FormatError(`its images are not of 32 to ${LARGEST_SIDE} pixels a side`);
}

function three(values: unknown, allowed: (value: number) => boolean): number[] {
  const list = arrayAt(values, 'a mean or standard deviation') as number[];
  if (list.length === 3 && list.every((value) => Number.isFinite(value) && allowed(value))) return [...list];
  throw new FormatError('its mean or standard deviation is not of three channels');
}
