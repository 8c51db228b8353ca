/** `thaw train`. What is an option of a call stands in that call's table; here is what the command line has besides. */
import { compile } from './compile.ts';
import { listing, validation } from './data.ts';
import { CACHE_MODES, cache, checkpoint, earlyStopping, fit } from './fit.ts';
import { language, number, oneOf, text, yesNo } from './kinds.ts';
import { ARCHITECTURES, architecture, inputSide, load } from './load.ts';
import { learningRate, optimizers, rate } from './optimizers.ts';
import { schedules } from './schedules.ts';
import { type Checked, flagged, type Table, type Values } from './table.ts';
import { grammar, parseClassWeight, parseHead, parseSchedule, parseUnfreeze } from './words.ts';

type OptimizerKind = keyof typeof optimizers;
const kinds = Object.keys(optimizers) as OptimizerKind[];

/** `0.001 for adam, 0.01 for sgd` */
function perOptimizer(name: 'learningRate' | 'weightDecay'): string {
  return kinds.map((kind) => `${optimizers[kind].options[name].default} for ${kind}`).join(', ');
}

export const trainOptions = {
  data: {
    kind: text('a path', 'PATH'),
    path: true,
    group: 'Data',
    help: 'a folder with a folder of images a class, or a .csv, .tsv or .jsonl listing (path, label), either with a side to validate and to test on where there is one; without it, a small set is drawn',
  },
  val: { kind: text('a path', 'PATH'), path: true, group: 'Data', help: 'the images to validate on' },
  validationSplit: {
    ...validation.validationSplit,
    default: 0.2,
    written: 'F',
    group: 'Data',
    help: 'share of every class set aside for validation, where there is no `val`',
  },
  groupBy: {
    kind: text('a pattern, or the name of a column', 'PATTERN'),
    group: 'Data',
    help: validation.groupBy.help,
  },
  root: { ...listing.root, path: true, group: 'Data' },
  pathColumn: { ...listing.pathColumn, group: 'Data' },
  labelColumn: { ...listing.labelColumn, group: 'Data' },
  inputSize: {
    kind: inputSide,
    group: 'Data',
    otherwise: 'what a saved model says, else 224; 96 for the set that is drawn',
    help: "side of the network's input, in pixels",
  },
  architecture: {
    kind: architecture,
    otherwise: 'what the file says, else resnet50',
    group: 'Model',
    written: 'NAME',
    help: `the network: ${ARCHITECTURES.join(', ')}`,
  },
  weights: {
    kind: text('a name or a path', 'imagenet|none|FILE'),
    default: 'imagenet',
    group: 'Model',
    help: 'what the network starts from; a file of PyTorch, safetensors, Keras or TensorFlow.js',
  },
  head: {
    kind: language('keep|LAYERS', (words) => words === 'keep' || parseHead(words)),
    otherwise: "the file's where it has one for these classes, else a new linear one",
    group: 'Model',
    help: "keep: that of `weights`; a new one: linear, or layers such as 'flatten,dense:256:relu,dropout:0.5,dense' (also gap and bn); a last bare dense gets the number of classes",
  },
  unfreeze: {
    kind: language('none|last:N|NAME,...|all', parseUnfreeze),
    default: 'none',
    group: 'Model',
    help: 'the layers of the backbone that are trained beside the head',
  },
  ...flagged(fit),
  epochs: { ...fit.epochs, default: 10 },
  ...flagged(compile),
  optimizer: { kind: oneOf(kinds), default: 'adam', group: 'Training', help: compile.optimizer.help },
  learningRate: {
    kind: learningRate,
    otherwise: perOptimizer('learningRate'),
    group: 'Training',
    help: optimizers.adam.options.learningRate.help,
  },
  backboneLearningRate: {
    ...compile.backboneLearningRate,
    otherwise: 'a tenth of --learning-rate; all of it where the weights are random',
    help: 'of the layers that `unfreeze` names',
  },
  weightDecay: {
    kind: rate,
    otherwise: perOptimizer('weightDecay'),
    group: 'Training',
    help: 'L2, added to the gradient; decoupled with adamw',
  },
  momentum: {
    ...optimizers.sgd.options.momentum,
    group: 'Training',
    help: `of sgd: ${optimizers.sgd.options.momentum.help}`,
  },
  schedule: {
    kind: language('RULE', parseSchedule),
    default: 'constant',
    group: 'Training',
    help: `${compile.schedule.help}: ${grammar(schedules).join(', ')} (in epochs), each with :warmup=EPOCHS where wanted`,
  },
  classWeight: {
    kind: language('none|auto|NAME:X,...', parseClassWeight),
    default: 'none',
    group: 'Training',
    aliases: ['classWeights'],
    help: fit.classWeight.help,
  },
  earlyStopping: {
    kind: earlyStopping.patience.kind,
    written: 'EPOCHS',
    otherwise: 'none',
    group: 'Training',
    help: 'stop after so many epochs without a better validation loss, and keep the best weights',
  },
  checkpointEvery: {
    ...checkpoint.every,
    written: 'SECONDS',
    group: 'Training',
    help: 'from one checkpoint to the next within an epoch; there is one after every epoch as well',
  },
  seed: {
    ...fit.seed,
    group: 'Training',
    help: 'of the split, the head, the order, the augmentation and dropout',
  },
  ...flagged(load),
  cache: {
    kind: oneOf(CACHE_MODES),
    default: 'auto',
    group: 'Machine',
    help: `${fit.cache.help}; ${cache.mode.help}; the file is in the run's folder`,
  },
  cacheMemory: {
    kind: number({ minimum: 0 }),
    written: 'GB',
    otherwise: cache.memory.otherwise,
    group: 'Machine',
    help: 'memory that they may take; beyond it they go to a file',
  },
} as const satisfies Table;

/** Options that belong to one invocation: they have flags and help, but are not written into config.json. */
export const invocation = {
  config: {
    kind: text('the path of a file', 'FILE'),
    group: 'Run',
    help: 'options as JSON, such as the config.json of another run',
  },
  out: {
    kind: text('the path of a folder', 'DIR'),
    otherwise: 'runs/<date>-<time>',
    group: 'Run',
    help: 'where everything is written',
  },
  resume: { kind: yesNo, group: 'Run', help: 'go on from the checkpoint in `out`, with its options' },
  json: { kind: yesNo, group: 'Run', help: 'one JSON object a line on standard output' },
  quiet: { kind: yesNo, group: 'Run', help: 'no progress on standard error' },
  verbose: { kind: yesNo, group: 'Run', help: 'a stack trace with an error' },
} as const satisfies Table;

export const trainFlags = { ...trainOptions, ...invocation } as const;

/** As given, before defaults. */
export type TrainValues = Values<typeof trainOptions>;

/** Everything that a run depends on; what is absent is off. */
export type TrainConfig = Checked<typeof trainOptions> & {
  learningRate: number;
  weightDecay: number;
};
