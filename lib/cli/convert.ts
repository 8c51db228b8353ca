import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type OptionSpec, trainOptions } from '../config/options.ts';
import { unreadable } from '../data/files.ts';
import { LAYOUTS, type Layout } from '../formats/topology/arrange.ts';
import { FORMATS } from '../formats/write.ts';
import { parseArguments, unusable } from './args.ts';
import { outputOptions } from './common.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { optionsHelp } from './help.ts';

const { json: _, ...plainOutput } = outputOptions;

const options = {
  architecture: { ...trainOptions.architecture, help: 'the network, where the file does not say it' },
  onnxInput: {
    schema: { type: 'string', enum: ['float32', 'uint8'] },
    group: 'Model',
    help: 'what an ONNX file takes: preprocessed values, or pixels that it normalises itself',
    default: 'float32',
  },
  layout: {
    schema: { type: 'string', enum: LAYOUTS },
    group: 'Model',
    help: "of Keras' files: one model of all layers, or the network as a model below the head's layers",
    default: 'flat',
  },
  ...plainOutput,
} as const satisfies Record<string, OptionSpec>;

export const convertCommand: Command = {
  name: 'convert',
  summary: 'Turn a weights file into another format.',
  usage: 'thaw convert IN OUT',
  help: () =>
    [
      'IN is a file of PyTorch, safetensors, Keras or TensorFlow.js (its model.json).',
      `OUT ends in ${FORMATS.map(({ suffix, title }) => `${suffix} (${title})`).join(', ')}.`,
      '',
      optionsHelp(options),
    ].join('\n'),
  run: convert,
};

async function convert(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, options, 'convert');
  const [input, output, ...more] = positionals;
  if (input === undefined || output === undefined || more.length > 0) {
    throw unusable('thaw convert takes two files: IN and OUT.');
  }
  if (!FORMATS.some(({ suffix }) => output.endsWith(suffix))) {
    const suffixes = FORMATS.map(({ suffix }) => suffix).join(', ');
    throw unusable(`Expected OUT to end in ${suffixes} but received '${output}'.`);
  }
  const from = resolve(context.cwd, input);
  await access(from).catch((error) => {
    throw unreadable(input, error);
  });
  const api = await context.api();
  const model = await api.load(values.architecture, { weights: from, device: 'cpu', signal: context.signal });
  try {
    await model.save(resolve(context.cwd, output), {
      onnxInput: values.onnxInput as 'float32' | 'uint8',
      layout: values.layout as Layout,
    });
  } finally {
    model.dispose();
  }
  context.stdout.write(`${output}\n`);
  return exitCodes.done;
}
