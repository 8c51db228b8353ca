/** The other commands. */
import { integer, language, number, oneOf, text, yesNo } from './kinds.ts';
import { load, save } from './load.ts';
import { evaluate, predict, reading, run } from './run.ts';
import { flagged, type Table } from './table.ts';
import { invocation, trainFlags, trainOptions } from './train.ts';
import { parseHead } from './words.ts';

const model = {
  kind: text('the path of a file', 'FILE'),
  group: 'Model',
  help: 'a model.safetensors that thaw train has written',
} as const;
const saved = { model: { ...model, required: true }, ...flagged(load) } as const satisfies Table;

const { verbose } = invocation;
const output = { json: { ...invocation.json, help: 'JSON on standard output' }, verbose } as const;

export const evaluateFlags = {
  data: {
    ...trainOptions.data,
    required: true,
    help: 'a folder with a folder of images a class, or a .csv, .tsv or .jsonl listing',
  },
  split: {
    kind: oneOf(['train', 'validation', 'test']),
    otherwise: 'test, else validation, else train',
    group: 'Data',
    help: 'which side of images that are divided (folders or a column that say so)',
  },
  root: trainOptions.root,
  pathColumn: trainOptions.pathColumn,
  labelColumn: trainOptions.labelColumn,
  ...saved,
  ...flagged(evaluate),
  ...output,
} as const satisfies Table;

// One image that cannot be read fails its batch: there is no share of them.
const { maxSkippedShare: _, ...predictOptions } = flagged(predict);
export const predictFlags = { ...saved, ...predictOptions, ...output } as const satisfies Table;

export const summaryFlags = {
  model,
  architecture: trainOptions.architecture,
  head: {
    kind: language('LAYERS', (words) => parseHead(words)),
    otherwise: 'the network as published',
    group: 'Model',
    help: 'the head to put on, as for thaw train',
  },
  classes: {
    kind: integer({ minimum: 2 }),
    default: 10,
    group: 'Model',
    help: 'of the head',
  },
  unfreeze: trainOptions.unfreeze,
  inputSize: { ...trainOptions.inputSize, otherwise: '224' },
  verbose,
} as const satisfies Table;

const { resume: _resume, ...trainAnew } = trainFlags;
export const verifyResumeFlags = {
  ...trainAnew,
  kills: {
    kind: integer({ minimum: 1 }),
    default: 10,
    written: 'N',
    group: 'Run',
    help: 'how often a run is killed, at random moments; one that ends before is begun again',
  },
  out: {
    ...invocation.out,
    help: 'below which the runs have their folders; they are removed where nothing differs',
  },
  json: { ...invocation.json, help: 'the proof as JSON on standard output' },
} as const satisfies Table;

export const convertFlags = {
  architecture: {
    ...trainOptions.architecture,
    otherwise: 'what the file says',
    help: 'the network, where the file does not say it',
  },
  ...flagged(save),
  verbose,
} as const satisfies Table;

export const checkDataFlags = {
  val: trainOptions.val,
  validationSplit: trainOptions.validationSplit,
  seed: { ...trainOptions.seed, group: 'Data', help: 'of the split' },
  groupBy: trainOptions.groupBy,
  root: trainOptions.root,
  pathColumn: trainOptions.pathColumn,
  labelColumn: trainOptions.labelColumn,
  ...flagged(reading),
  weights: {
    kind: text('a name or a path', 'imagenet|none|FILE'),
    default: 'imagenet',
    group: 'Model',
    help: 'the network whose features are compared; none: images are compared byte for byte alone',
  },
  near: {
    kind: number({ minimum: 0, maximum: 1 }),
    default: 0.95,
    group: 'Model',
    help: 'cosine of the features from which images are nearly the same',
  },
  doubt: {
    kind: number({ minimum: 0, maximum: 2 }),
    default: 0.3,
    group: 'Model',
    help: 'by how much another class has to exceed a label that is suspicious, as a share of 1',
  },
  device: load.device,
  batchSize: run.batchSize,
  precision: run.precision,
  html: {
    kind: text('the path of a file', 'FILE'),
    group: 'Run',
    help: 'a page with the pictures of what was found',
  },
  ...output,
} as const satisfies Table;

export const doctorFlags = output;

export const fetchWeightsFlags = {
  version: {
    kind: oneOf(['V1', 'V2']),
    default: 'V1',
    group: 'Model',
    help: 'V2 (resnet50 only) is better on ImageNet itself, worse to start from',
  },
  noTorchscript: {
    kind: yesNo,
    group: 'Model',
    help: 'leaves it at the .pth file, which `weights` reads as well',
  },
  from: {
    kind: text('the path of a file', 'FILE'),
    group: 'Run',
    help: 'takes a file brought by hand in place of a download',
  },
  baseUrl: {
    kind: text('an address', 'URL'),
    otherwise: "THAW_WEIGHTS_URL, else PyTorch's",
    group: 'Run',
    help: 'where the files lie',
  },
  proxy: {
    kind: text('an address', 'URL'),
    otherwise: 'HTTPS_PROXY and NO_PROXY',
    group: 'Run',
    help: 'of a proxy',
  },
  cache: {
    kind: text('the path of a folder', 'DIR'),
    otherwise: 'THAW_CACHE, else ~/.cache/thaw',
    group: 'Run',
    help: 'where they are kept',
  },
  verbose,
} as const satisfies Table;

export const setupFlags = {
  cpu: { kind: yesNo, group: 'Machine', help: "libtorch's build for the CPU" },
  cuda: {
    kind: yesNo,
    group: 'Machine',
    help: 'its build for CUDA; unless given, where an NVIDIA driver is',
  },
  libtorchVersion: {
    kind: text('a version', 'X'),
    otherwise: 'the pinned one',
    group: 'Machine',
    help: 'another libtorch',
  },
  buildDir: {
    kind: text('a folder name', 'DIR'),
    default: 'build',
    group: 'Run',
    help: 'a folder name inside the package, to keep two builds side by side',
  },
  tests: { kind: yesNo, group: 'Run', help: "builds the engine's C++ tests as well" },
  quiet: { kind: yesNo, group: 'Run', help: 'says something only when there is something to do' },
} as const satisfies Table;
