/**
 * Every option of `thaw train`, described once: the command line's flags, the schema of `--config`, the help
 * text and the defaults are all made from this table.
 */

/** The part of JSON Schema that describes one value. */
export interface ValueSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
}

export interface OptionSpec {
  readonly schema: ValueSchema;
  /** How the value is written in the help text; nothing for a switch. */
  readonly value?: string;
  readonly help: string;
  readonly group: OptionGroup;
  readonly default?: string | number | boolean;
  /** The word auto is taken as well. */
  readonly auto?: true;
  /** A file or folder: relative to the configuration file where it comes from there. */
  readonly path?: true;
}

export type OptionGroup = 'Data' | 'Model' | 'Training' | 'Machine' | 'Run';

const text = { type: 'string', minLength: 1 } as const;
const count = { type: 'integer', minimum: 1 } as const;

export const trainOptions = {
  data: {
    schema: text,
    value: 'PATH',
    path: true,
    group: 'Data',
    help: 'a folder with a folder of images a class, or a .csv or .jsonl listing (path, label); without it, a small set is drawn',
  },
  val: { schema: text, value: 'PATH', path: true, group: 'Data', help: 'the images to validate on' },
  validationSplit: {
    schema: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
    value: 'F',
    group: 'Data',
    help: 'share of every class set aside for validation, where there is no --val',
    default: 0.2,
  },
  augment: {
    schema: { type: 'string', enum: ['none', 'flip', 'standard'] },
    group: 'Data',
    help: 'random changes to the training images; standard: crop, flip and colour',
    default: 'none',
  },
  maxSkipped: {
    schema: { type: 'number', minimum: 0, maximum: 1 },
    value: 'F',
    group: 'Data',
    help: 'share of unreadable images beyond which the run fails',
    default: 0.1,
  },
  inputSize: {
    schema: { type: 'integer', minimum: 32, maximum: 1024 },
    value: 'N',
    group: 'Data',
    help: "side of the network's input, in pixels (224; 96 for the set that is drawn)",
  },
  architecture: {
    schema: { type: 'string', enum: ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'] },
    group: 'Model',
    help: 'the network',
    default: 'resnet50',
  },
  weights: {
    schema: text,
    value: 'imagenet|none|FILE',
    group: 'Model',
    help: 'what the network starts from; a file of PyTorch, safetensors, Keras or TensorFlow.js',
    default: 'imagenet',
  },
  head: {
    schema: text,
    value: 'LAYERS',
    group: 'Model',
    help: "linear, or layers such as 'flatten,dense:256:relu,dropout:0.5,dense' (also gap and bn); a last bare dense gets the number of classes",
    default: 'linear',
  },
  unfreeze: {
    schema: text,
    value: 'none|last:N|NAME,...|all',
    group: 'Model',
    help: 'the layers of the backbone that are trained beside the head',
    default: 'none',
  },
  epochs: { schema: count, value: 'N', group: 'Training', help: 'passes over the images', default: 10 },
  batchSize: {
    schema: count,
    auto: true,
    value: 'N|auto',
    group: 'Training',
    help: 'images a step; auto: as few as train at nearly full speed here',
    default: 32,
  },
  optimizer: {
    schema: { type: 'string', enum: ['adam', 'adamw', 'sgd'] },
    group: 'Training',
    help: 'how the weights are moved',
    default: 'adam',
  },
  learningRate: {
    schema: { type: 'number', exclusiveMinimum: 0 },
    value: 'X',
    group: 'Training',
    help: '1e-3 for adam and adamw, 1e-2 for sgd; a tenth of it where layers of the backbone are trained',
  },
  schedule: {
    schema: text,
    value: 'RULE',
    group: 'Training',
    help: 'constant, cosine or step:EVERY:GAMMA (in epochs), each with :warmup=EPOCHS where wanted',
    default: 'constant',
  },
  weightDecay: {
    schema: { type: 'number', minimum: 0 },
    value: 'X',
    group: 'Training',
    help: '0; 0.004 for adamw',
  },
  momentum: {
    schema: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
    value: 'X',
    group: 'Training',
    help: 'of sgd',
    default: 0.9,
  },
  loss: {
    schema: { type: 'string', enum: ['categoricalCrossentropy', 'binaryCrossentropy'] },
    group: 'Training',
    help: 'what is made small',
    default: 'categoricalCrossentropy',
  },
  labelSmoothing: {
    schema: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
    value: 'X',
    group: 'Training',
    help: 'share of a label spread over all classes',
    default: 0,
  },
  classWeights: {
    schema: text,
    value: 'none|auto|NAME:X,...',
    group: 'Training',
    help: 'weight of each class in the loss; auto: rare classes count more',
    default: 'none',
  },
  clipNorm: {
    schema: { type: 'number', exclusiveMinimum: 0 },
    value: 'X',
    group: 'Training',
    help: 'longest gradient, over all weights',
  },
  accumulate: {
    schema: count,
    value: 'N',
    group: 'Training',
    help: 'batches whose gradients are added up for a step',
    default: 1,
  },
  earlyStopping: {
    schema: count,
    value: 'EPOCHS',
    group: 'Training',
    help: 'stop after so many epochs without a better validation loss, and keep the best weights',
  },
  seed: {
    schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    value: 'N',
    group: 'Training',
    help: 'of the split, the head, the order and the augmentation',
    default: 0,
  },
  device: {
    schema: text,
    value: 'auto|cpu|cuda|cuda:N',
    group: 'Machine',
    help: 'where to train',
    default: 'auto',
  },
  precision: {
    schema: { type: 'string', enum: ['auto', 'float32', 'bfloat16'] },
    group: 'Machine',
    help: 'of the arithmetic; auto: bfloat16 where the machine is made for it',
    default: 'auto',
  },
  cache: {
    schema: { type: 'string', enum: ['auto', 'disk', 'off'] },
    group: 'Machine',
    help: "whether the frozen layers' outputs are kept between epochs; auto: in memory, else in a file in the run's folder; disk: always there, for the next run in that folder",
    default: 'auto',
  },
  cacheMemory: {
    schema: { type: 'number', minimum: 0 },
    value: 'GB',
    group: 'Machine',
    help: 'memory that they may take; beyond it they go to a file (half of what is available)',
  },
  cacheViews: {
    schema: { type: 'integer', minimum: 0, maximum: 1000 },
    value: 'K',
    group: 'Data',
    help: 'with --augment: so many views of each image, used in turns, so that their outputs can be kept; 0: a new view each epoch',
    default: 0,
  },
  threads: {
    schema: { type: 'integer', minimum: 0, maximum: 1024 },
    value: 'N',
    group: 'Machine',
    help: 'that read and decode images; 0: as many as cores',
    default: 0,
  },
} as const satisfies Record<string, OptionSpec>;

/** Options that belong to one invocation: they have flags and help, but are not written into config.json. */
export const runOptions = {
  config: {
    schema: text,
    value: 'FILE',
    group: 'Run',
    help: 'options as JSON, such as the config.json of another run',
  },
  out: {
    schema: text,
    value: 'DIR',
    group: 'Run',
    help: 'where everything is written (runs/<date>-<time>)',
  },
  resume: {
    schema: { type: 'boolean' },
    group: 'Run',
    help: 'go on from the checkpoint in --out, with its options',
  },
  json: { schema: { type: 'boolean' }, group: 'Run', help: 'one JSON object a line on standard output' },
  quiet: { schema: { type: 'boolean' }, group: 'Run', help: 'no progress on standard error' },
  verbose: { schema: { type: 'boolean' }, group: 'Run', help: 'a stack trace with an error' },
} as const satisfies Record<string, OptionSpec>;

type ValueOf<S extends ValueSchema> = S extends { enum: readonly (infer Choice)[] }
  ? Choice
  : S['type'] extends 'boolean'
    ? boolean
    : S['type'] extends 'string'
      ? string
      : number;

/** The values of a table of options, before defaults: any may be absent. */
export type Values<T extends Record<string, OptionSpec>> = {
  -readonly [K in keyof T]?: ValueOf<T[K]['schema']> | (T[K] extends { auto: true } ? 'auto' : never);
};

export type TrainValues = Values<typeof trainOptions>;
