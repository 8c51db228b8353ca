/** The other commands. */
import { integer, language, text, yesNo } from './kinds.ts';
import { load, save } from './load.ts';
import { predict, run } from './run.ts';
import { flagged, type Table } from './table.ts';
import { invocation, trainOptions } from './train.ts';
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
    help: 'a folder with a folder of images a class, or a .csv or .jsonl listing',
  },
  ...saved,
  ...flagged(run),
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

export const convertFlags = {
  architecture: {
    ...trainOptions.architecture,
    otherwise: 'what the file says',
    help: 'the network, where the file does not say it',
  },
  ...flagged(save),
  verbose,
} as const satisfies Table;

export const doctorFlags = output;

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
