import { invalid } from '../validate.ts';
import { toDataset, validation } from './data.ts';
import {
  callback,
  either,
  handedOver,
  integer,
  list,
  number,
  object,
  oneOf,
  oneOrMany,
  shorthand,
  simple,
  text,
  yesNo,
} from './kinds.ts';
import { MEASURES, validated } from './metrics.ts';
import { count, run, seed } from './run.ts';
import type { Kind, Table } from './table.ts';

export const AUGMENTATIONS = ['none', 'flip', 'standard'] as const;
export const NON_FINITE = ['stop', 'skip'] as const;
export const CACHE_MODES = ['auto', 'disk', 'off'] as const;
/** What is measured, over the validation images and over those of training. */
const MONITORS = MEASURES.flatMap((name) => [validated(name), name] as const);

export const cache = {
  mode: {
    kind: oneOf(CACHE_MODES),
    default: 'auto',
    help: 'auto: in memory within a limit, else in a file where there is a folder for it; disk: in a file that later runs find; off: computed in every epoch',
  },
  memory: {
    kind: integer({ minimum: 0 }),
    otherwise: 'half of what is available',
    help: "bytes of the host's memory that may be taken",
  },
  directory: {
    kind: text('the path of a folder'),
    help: 'of the files; without it nothing goes to the disk',
  },
} as const satisfies Table;

export const earlyStopping = {
  monitor: { kind: oneOf(MONITORS), default: 'valLoss', help: 'what is watched' },
  patience: {
    kind: integer({ minimum: 0 }),
    default: 0,
    help: 'epochs without improvement before training stops',
  },
  minDelta: { kind: number({ minimum: 0 }), default: 0, help: 'a smaller change is no improvement' },
  restoreBestWeights: { kind: yesNo, default: true, help: 'ends with the weights of the best epoch' },
} as const satisfies Table;

export const checkpoint = {
  directory: { kind: text('the path of a folder'), required: true, help: 'of the state' },
  resume: {
    kind: yesNo,
    default: false,
    help: 'goes on from the state that is there; else what is there of an earlier run is removed',
  },
  every: {
    kind: number({ above: 0 }),
    otherwise: '30, or a hundredth of the run where that is longer',
    help: 'seconds from one to the next within an epoch',
  },
  changes: {
    kind: list(text('the name of an option'), 'a list of names of options'),
    default: [],
    help: "options that are other ones from here on in a run that goes on: 'learningRate', 'schedule', 'batchSize'",
  },
} as const satisfies Table;

export const callbacks = {
  onTrainBegin: { kind: callback, help: 'once all is prepared' },
  onEpochBegin: { kind: callback, help: 'before every epoch' },
  onBatchEnd: { kind: callback, help: 'about ten times a second' },
  onValidationBatchEnd: {
    kind: callback,
    help: 'about ten times a second, in the validation after an epoch',
  },
  onEpochEnd: { kind: callback, help: 'after every epoch' },
  onTrainEnd: { kind: callback, help: 'after the last epoch' },
} as const satisfies Table;

const plainCallbacks = object(callbacks);

/** A plain object is checked for misspelt events; an instance of a class may have more in it than events. */
const callbackObject: typeof plainCallbacks = {
  ...plainCallbacks,
  check: (name, value) => {
    const prototype = typeof value === 'object' && value !== null && Object.getPrototypeOf(value);
    if (!prototype || prototype === Object.prototype) return plainCallbacks.check(name, value);
    const found = Object.keys(callbacks).some(
      (event) => typeof (value as Record<string, unknown>)[event] === 'function',
    );
    if (!found) throw invalid(name, plainCallbacks.expected, value);
    return value;
  },
};

export const classWeightValue = number({ minimum: 0 });

const classWeight: Kind<'auto' | Readonly<Record<string, number>>> = simple({
  expected: "'auto' or an object of weights by class name",
  written: '',
  accepts: (value) =>
    value === 'auto' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
});

const { batchSize, signal, ...common } = run;

/** What Keras' fit() takes. */
export const fit = {
  epochs: { kind: count, default: 1, group: 'Training', help: 'passes over the images' },
  initialEpoch: {
    kind: integer({ minimum: 0 }),
    default: 0,
    help: 'from which epoch on, counted from 0: `epochs` is then the number of the last one, and those before count as done',
  },
  batchSize: {
    kind: either(batchSize.kind, oneOf(['auto'])),
    default: batchSize.default,
    group: 'Training',
    help: 'images a step; auto: as few as train at nearly full speed here, at most a sixteenth of the images',
  },
  validationData: {
    kind: handedOver(
      'a Dataset, or what toDataset() takes',
      (value) => typeof value === 'object' && value !== null,
    ),
    help: 'with the same classes, in any order',
  },
  validationSplit: {
    kind: validation.validationSplit.kind,
    default: validation.validationSplit.default,
    help: 'share of the images to validate on, in place of `validationData`; of images in memory the last ones, as Keras does, of files the same share of every class',
  },
  stepsPerEpoch: toDataset.stepsPerEpoch,
  shuffle: { kind: yesNo, default: true, help: 'a new order of the images every epoch' },
  seed: {
    kind: seed,
    default: 0,
    help: 'of order, augmentation and dropout: the same one repeats a run exactly on one device',
  },
  augment: {
    kind: oneOf(AUGMENTATIONS),
    default: 'none',
    group: 'Data',
    help: 'random changes to the training images; standard: random resized crop, flip and colour jitter',
  },
  cache: {
    kind: shorthand(oneOf(CACHE_MODES), 'mode', cache),
    default: 'auto',
    help: "whether the frozen layers' outputs are kept from epoch to epoch",
  },
  cacheViews: {
    kind: integer({ minimum: 0, maximum: 1000 }),
    default: 0,
    group: 'Data',
    written: 'K',
    help: 'with `augment`: so many views of each image, used in turns, so that their outputs can be kept; 0: a new view each epoch',
  },
  ...common,
  classWeight: {
    kind: classWeight,
    otherwise: 'all the same',
    help: 'weight of each class in the loss; auto: rare classes count more',
  },
  accumulationSteps: {
    kind: count,
    default: 1,
    group: 'Training',
    aliases: ['accumulate'],
    help: 'batches whose gradients are averaged into one step',
  },
  clipNorm: {
    kind: number({ minimum: 0 }),
    default: 0,
    group: 'Training',
    help: 'largest 2-norm of all gradients together; 0: not clipped',
  },
  nonFinite: {
    kind: oneOf(NON_FINITE),
    default: 'stop',
    group: 'Training',
    help: 'what becomes of a step whose loss or gradients are NaN, infinite or absurdly large: stop ends the run with the weights before it, skip leaves the step out (ten in a row end the run)',
  },
  earlyStopping: {
    kind: object(earlyStopping),
    otherwise: 'none',
    help: 'when to stop before the last epoch',
  },
  checkpoint: {
    kind: object(checkpoint),
    otherwise: 'none',
    help: "where the run's state is saved: after every epoch, within long ones, and when it is aborted; the two newest states are kept",
  },
  callbacks: {
    kind: oneOrMany(callbackObject),
    help: 'called on the event loop while training goes on; promises that they return are waited for after each epoch',
  },
  signal,
} as const satisfies Table;
