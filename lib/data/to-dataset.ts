import { types } from 'node:util';
import { ThawError } from '../errors.ts';
import { toDataset as toDatasetOptions } from '../options/data.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { invalid, knownOptions } from '../validate.ts';
import { explainBareArrays } from './bare-arrays.ts';
import { Dataset } from './dataset.ts';
import { type Labels, labelItems } from './given-labels.ts';
import { type ImageArrayOptions, imageArray } from './in-memory.ts';
import { joinSources, type PixelSource, sourceSize } from './source.ts';

/** Decoded images with their labels: what Keras' `fit` takes as `x` and `y`, in one object. */
export interface ImageBatch extends ImageArrayOptions {
  images: Uint8Array | Float32Array;
}

/** One after the other; a function that gives them is called once. */
export type ImageBatches =
  | Iterable<ImageBatch>
  | AsyncIterable<ImageBatch>
  | (() => Iterable<ImageBatch> | AsyncIterable<ImageBatch>);

export type DatasetLike = Dataset | ImageBatch | ImageBatches;

/** docs/api.md has the table. */
export type ToDatasetOptions = Given<typeof toDatasetOptions>;

/**
 * Makes a Dataset of whatever holds labelled images: a Dataset is given back as it is; decoded images with their shape
 * and labels are taken as `imageArray` takes them; of batches, in an iterable or a generator, `stepsPerEpoch` are
 * collected, and all of them are held in memory from then on: an epoch sees the same images as the one before.
 * Of a list of batches all are taken where no number is given; anything else might have no end, and needs one.
 *
 * @throws ThawError ERR_INVALID_ARGUMENT (also where there are fewer batches than `stepsPerEpoch`), ERR_UNKNOWN_OPTION,
 *   ERR_DATA_UNKNOWN_CLASS, ERR_DATA_EMPTY; and what an iterable throws
 */
export async function toDataset(value: DatasetLike, options: ToDatasetOptions = {}): Promise<Dataset> {
  const { name, ...given } = checkOptions('toDataset', toDatasetOptions, options);
  if (value instanceof Dataset) return value;
  const explained = explainBareArrays(name, Array.isArray(value) ? value : [value]);
  if (explained) throw explained;
  if (isBatch(value)) return whole(name, value, given);
  const batches: unknown = typeof value === 'function' ? value() : value;
  if (!isIterable(batches)) {
    throw invalid(name, 'a Dataset, { images, shape, labels }, or an iterable of such batches', value);
  }
  return collected(name, batches, given);
}

type Settled = Omit<ToDatasetOptions, 'name'>;

function whole(name: string, batch: ImageBatch, { classes, multiLabel }: Settled): Dataset {
  knownOptions(name, batch, ['images', 'shape', 'labels', 'classes', 'multiLabel', 'sampleWeights']);
  const { images, ...rest } = batch;
  return imageArray(images, {
    ...rest,
    classes: rest.classes ?? classes,
    multiLabel: rest.multiLabel ?? multiLabel,
  });
}

async function collected(
  name: string,
  batches: Iterable<unknown> | AsyncIterable<unknown>,
  { stepsPerEpoch, ...settled }: Settled,
): Promise<Dataset> {
  const wanted = stepsPerEpoch ?? (Array.isArray(batches) ? batches.length : undefined);
  if (wanted === undefined) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `${name} is an iterable that may have no end: say with stepsPerEpoch how many of its batches are an epoch.`,
    );
  }
  const taken: ImageBatch[] = [];
  if (wanted > 0) {
    for await (const batch of batches) {
      if (!isBatch(batch)) throw invalid(`${name}[${taken.length}]`, '{ images, shape, labels }', batch);
      taken.push(batch);
      if (taken.length === wanted) break;
    }
  }
  const [first] = taken;
  if (!first || taken.length < wanted) {
    throw new ThawError(
      first ? 'ERR_INVALID_ARGUMENT' : 'ERR_DATA_EMPTY',
      first
        ? `${name} ended after ${taken.length} batches, and stepsPerEpoch asks for ${wanted}.`
        : `${name} gave no batches.`,
    );
  }
  const sources = taken.map((batch, i) => pixels(`${name}[${i}]`, batch));
  const { data, shape } = joinSources(sources[0] as PixelSource, ...sources.slice(1)) as PixelSource;
  const weights = taken.map(({ sampleWeights }) => sampleWeights);
  return whole(
    name,
    {
      ...first,
      images: data,
      shape,
      labels: taken.flatMap((batch) => [...labelItems(batch.labels, batch.shape[0])]) as Labels,
      sampleWeights: weights.every((of) => of === undefined) ? undefined : joinedWeights(name, taken),
    },
    settled,
  );
}

function pixels(name: string, { images, shape }: ImageBatch): PixelSource {
  if (!(types.isUint8Array(images) || types.isFloat32Array(images))) {
    throw invalid(`${name}.images`, 'a Uint8Array or a Float32Array', images);
  }
  if (!Array.isArray(shape)) throw invalid(`${name}.shape`, '[images, height, width, 3]', shape);
  const source = { kind: 'pixels', data: images, shape } as PixelSource;
  sourceSize(source);
  return source;
}

function joinedWeights(name: string, batches: readonly ImageBatch[]): number[] {
  return batches.flatMap(({ sampleWeights }, i) => {
    if (sampleWeights) return Array.from(sampleWeights);
    throw invalid(`${name}[${i}].sampleWeights`, 'weights, as other batches have', sampleWeights);
  });
}

function isBatch(value: unknown): value is ImageBatch {
  return typeof value === 'object' && value !== null && 'images' in value && 'labels' in value;
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return (
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
