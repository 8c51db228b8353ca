import { ThawError } from '../errors.ts';
import { datasetSplit } from '../options/data.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { invalid, listed, positiveInteger, shortened } from '../validate.ts';
import { groupedSplit } from './grouped-split.ts';
import { permutation } from './order.ts';
import {
  type ImageSource,
  joinSources,
  type SourceImage,
  sourceImage,
  sourceSize,
  sourceSubset,
} from './source.ts';
import { type Sides, stratifiedSplit } from './split.ts';
import {
  checkLabels,
  checkRows,
  checkSampleWeights,
  movedColumns,
  oneHot,
  pickRows,
  type TargetKind,
  type TargetRows,
} from './targets.ts';

export interface DatasetParts {
  /** The class names; a label is an index into them. */
  classes: readonly string[];
  /** One class index an image. Either these or `targets`. */
  labels?: ArrayLike<number> | undefined;
  /** Where an image is of several classes: rows of [images, classes]. */
  targets?: TargetRows | undefined;
  /** How much each image counts in the loss: one an image, finite, at least 0, not all 0. */
  sampleWeights?: ArrayLike<number> | undefined;
  /** One an image, the same wherever the images lie: a split goes by them. Else the paths, or the images' numbers. */
  names?: readonly string[] | undefined;
  source: ImageSource;
}

/** An image of a data set with what it is of. */
export interface DatasetItem {
  readonly image: SourceImage;
  /** The index of its class; absent where it has no single one. */
  readonly label?: number;
  /** Its row of [classes]: shares, or 0 and 1; absent where it is of one class. */
  readonly labels?: Float32Array;
  readonly sampleWeight?: number;
}

/**
 * Labelled images: what `fit` and `evaluate` take. Immutable: every method gives another one; the images themselves
 * are neither read nor copied, but for decoded pixels, where a part of them is taken. Made by `imageFolder`,
 * `imageListing`, `imageArray`, `imageBuffers` and `toDataset`.
 */
export class Dataset {
  readonly classes: readonly string[];
  readonly source: ImageSource;
  /** Number of images. */
  readonly size: number;
  /** Whether an image is of one class, of several by shares, or of any number of them. */
  readonly kind: TargetKind;
  /** [images]; absent where all count the same. */
  readonly sampleWeights: Float32Array | undefined;
  readonly #labels: Int32Array | undefined;
  readonly #rows: Float32Array | undefined;
  readonly #names: readonly string[] | undefined;

  /**
   * @throws ThawError ERR_INVALID_ARGUMENT where labels, classes and images do not fit together,
   *   ERR_DATA_EMPTY where there is no image.
   */
  constructor({ classes, labels, targets, sampleWeights, names, source }: DatasetParts) {
    checkClasses(classes);
    const size = sourceSize(source);
    if ((labels === undefined) === (targets === undefined)) {
      throw new ThawError('ERR_INVALID_ARGUMENT', 'Expected either labels or targets.');
    }
    if (labels) this.#labels = checkLabels(labels, size, classes.length);
    if (targets) this.#rows = checkRows(targets, size, classes.length);
    this.kind = targets?.kind ?? 'classes';
    this.sampleWeights = sampleWeights && checkSampleWeights(sampleWeights, size);
    if (names && names.length !== size) throw invalid('names', `${size} names, one an image`, names);
    if (size === 0) throw new ThawError('ERR_DATA_EMPTY', 'The data set holds no images.');
    this.#names = names && Object.freeze([...names]);
    this.classes = Object.freeze([...classes]);
    this.source = source;
    this.size = size;
    Object.freeze(this);
  }

  /** The class index of each image. @throws ThawError ERR_DATA_MULTI_LABEL where an image has no single class */
  get labels(): Int32Array {
    if (this.#labels) return this.#labels;
    throw new ThawError(
      'ERR_DATA_MULTI_LABEL',
      `These images have no single class each (they are ${this.kind === 'shares' ? 'labelled by shares' : 'multi-label'}): take targets in place of labels.`,
    );
  }

  /** [images, classes], row by row: 1 for the class of an image, its shares, or 1 for each of its classes. */
  get targets(): Float32Array {
    return this.#rows ?? oneHot(this.labels, this.classes.length);
  }

  /** A name an image that stays the same wherever the images lie. */
  get names(): readonly string[] {
    if (this.#names) return this.#names;
    if (this.source.kind === 'files') return this.source.paths;
    return Array.from({ length: this.size }, (_, i) => String(i));
  }

  /** Number of images of each class, in the order of `classes`; an image counts for each of its classes, or by its shares. */
  classCounts(): number[] {
    const counts = new Array<number>(this.classes.length).fill(0);
    for (let i = 0; i < this.size; i++) {
      for (const [column, value] of this.#entries(i)) counts[column] = (counts[column] ?? 0) + value;
    }
    return counts;
  }

  /** The images in their order, each with its label: none of them is read. */
  *[Symbol.iterator](): Generator<DatasetItem> {
    const width = this.classes.length;
    for (let i = 0; i < this.size; i++) {
      yield {
        image: sourceImage(this.source, i),
        ...(this.#labels
          ? { label: this.#labels[i] as number }
          : { labels: (this.#rows as Float32Array).slice(i * width, (i + 1) * width) }),
        ...(this.sampleWeights && { sampleWeight: this.sampleWeights[i] as number }),
      };
    }
  }

  /**
   * The images at `indices`, in that order, with the same classes; an index may occur more than once.
   * Pixels are copied, files and encoded images are not.
   * @throws ThawError ERR_INVALID_ARGUMENT for an index outside the data set, ERR_DATA_EMPTY for none at all.
   */
  subset(indices: ArrayLike<number>): Dataset {
    const chosen = Array.from(indices);
    for (const [i, index] of chosen.entries()) {
      if (!Number.isInteger(index) || index < 0 || index >= this.size) {
        throw invalid(`indices[${i}]`, `an image index from 0 to ${this.size - 1}`, index);
      }
    }
    // Of files the paths are names; numbers would begin anew.
    const names = this.source.kind === 'files' ? this.#names : this.names;
    return new Dataset({
      classes: this.classes,
      ...this.#targetParts(
        this.#labels && chosen.map((index) => this.#labels?.[index] as number),
        this.#rows && pickRows(this.#rows, this.classes.length, chosen),
      ),
      sampleWeights: this.sampleWeights && chosen.map((index) => this.sampleWeights?.[index] as number),
      names: names && chosen.map((index) => names[index] as string),
      source: sourceSubset(this.source, chosen),
    });
  }

  /** The first `count` images, or all where there are fewer. @throws ThawError ERR_INVALID_ARGUMENT */
  take(count: number): Dataset {
    return this.subset(range(0, Math.min(positiveInteger('count', count), this.size)));
  }

  /** The images in another order, the same one for the same seed. @throws ThawError ERR_INVALID_ARGUMENT */
  shuffle(seed = 0): Dataset {
    return this.subset(permutation(this.size, datasetSplit.seed.kind.check('seed', seed)));
  }

  /**
   * Divides the images in two: `fraction` of them to validate, the others to train. Each class is divided by the same
   * fraction, and keeps an image to train on, unless `stratify` is false; images of one group (`groups`: a name an
   * image) stay together.
   * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_DATA_EMPTY where a side would have no image
   */
  split(fraction: number, options: DatasetSplitOptions = {}): { train: Dataset; validation: Dataset } {
    const { train, validation } = this.sides(fraction, options);
    if (train.length === 0 || validation.length === 0) {
      throw new ThawError(
        'ERR_DATA_EMPTY',
        `A share of ${fraction} of ${this.size} images leaves none to ${train.length === 0 ? 'train' : 'validate'} on.`,
      );
    }
    return { train: this.subset(train), validation: this.subset(validation) };
  }

  /** As `split`, the indices of either side, in ascending order; one may be empty. */
  sides(fraction: number, options: DatasetSplitOptions = {}): Sides {
    const share = datasetSplit.fraction.kind.check('fraction', fraction);
    const { seed, stratify, groups } = checkOptions('split', datasetSplit, options);
    if (groups && groups.length !== this.size) {
      throw invalid('groups', `${this.size} names, one an image`, groups);
    }
    const { names, classes } = this;
    if (this.#labels && !groups && stratify) {
      return stratifiedSplit({ classes, labels: this.#labels, names, validationSplit: share, seed });
    }
    // Names may repeat, in different classes for instance.
    const each = groups ? groups.map(String) : names.map((name, i) => `${name}\0${i}`);
    const entries = stratify ? (i: number) => this.#entries(i) : () => [];
    return groupedSplit({ groups: each, entries, fraction: share, seed });
  }

  /**
   * The images of this data set and then those of another one with the same classes, in whatever order; both in files,
   * both encoded, or both decoded in one size.
   * @throws ThawError ERR_CLASS_NAMES, ERR_INVALID_ARGUMENT
   */
  concat(other: Dataset): Dataset {
    if (!(other instanceof Dataset)) throw invalid('other', 'a Dataset', other);
    const second = other.withClasses(this.classes);
    const kinds = [this.kind, second.kind];
    if (kinds.includes('shares') && kinds.includes('multiLabel')) {
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        'Images that are labelled by shares and multi-label images cannot stand in one data set.',
      );
    }
    const kind = kinds.find((each) => each !== 'classes') ?? 'classes';
    const weighted = this.sampleWeights ?? second.sampleWeights;
    const weights = (set: Dataset) => set.sampleWeights ?? new Float32Array(set.size).fill(1);
    return new Dataset({
      classes: this.classes,
      ...(kind === 'classes'
        ? { labels: [...this.labels, ...second.labels] }
        : { targets: { kind, values: joined(this.targets, second.targets) } }),
      ...(weighted && { sampleWeights: joined(weights(this), weights(second)) }),
      names: [...this.names, ...second.names],
      source: joinSources(this.source, second.source),
    });
  }

  /**
   * The same images with the same classes in another order, or among more of them.
   * @throws ThawError ERR_CLASS_NAMES where one of the classes is not among `names`
   */
  withClasses(names: readonly string[]): Dataset {
    checkClasses(names);
    const index = new Map(names.map((name, i) => [name, i]));
    const places = this.classes.map((name) => index.get(name));
    if (places.includes(undefined)) {
      throw new ThawError(
        'ERR_CLASS_NAMES',
        `Expected the classes ${listed(this.classes)}, in any order, but received ${listed(names)}.`,
      );
    }
    const columns = places as number[];
    return new Dataset({
      classes: names,
      ...this.#targetParts(
        this.#labels?.map((label) => columns[label] as number),
        this.#rows && movedColumns(this.#rows, columns, names.length),
      ),
      sampleWeights: this.sampleWeights,
      names: this.#names,
      source: this.source,
    });
  }

  #targetParts(labels: ArrayLike<number> | undefined, rows: Float32Array | undefined) {
    return rows && this.kind !== 'classes' ? { targets: { kind: this.kind, values: rows } } : { labels };
  }

  /** The classes of an image, each with its share. */
  #entries(index: number): (readonly [column: number, value: number])[] {
    if (this.#labels) return [[this.#labels[index] as number, 1]];
    const width = this.classes.length;
    const row = (this.#rows as Float32Array).subarray(index * width, (index + 1) * width);
    return [...row.entries()].filter(([, value]) => value > 0);
  }
}

export type DatasetSplitOptions = Omit<Given<typeof datasetSplit>, 'fraction'>;

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const all = new Float32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function checkClasses(classes: readonly string[]): void {
  if (!Array.isArray(classes) || classes.length === 0)
    throw invalid('classes', 'a list of class names', classes);
  const seen = new Set<string>();
  for (const [i, name] of classes.entries()) {
    if (typeof name !== 'string' || name === '') throw invalid(`classes[${i}]`, 'a class name', name);
    if (seen.has(name))
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        `The class name '${shortened(name)}' occurs twice in classes.`,
      );
    seen.add(name);
  }
}
