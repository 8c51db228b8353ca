import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { unreadable } from '../data/files.ts';
import { FORMATS } from '../formats/write.ts';
import { parseArguments, unusable } from '../options/arguments.ts';
import { convertFlags } from '../options/commands.ts';
import { save } from '../options/load.ts';
import { pick } from '../options/table.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';

export const convertCommand: Command = {
  name: 'convert',
  summary: 'Turn a weights file into another format.',
  operands: 'IN OUT',
  options: convertFlags,
  notes: [
    'IN is a file of PyTorch, safetensors, Keras or TensorFlow.js (its model.json).',
    `OUT ends in ${FORMATS.map(({ suffix, title }) => `${suffix} (${title})`).join(', ')}.`,
  ].join('\n'),
  run: convert,
};

async function convert(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, convertFlags, 'convert');
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
    await model.save(resolve(context.cwd, output), pick(save, values));
  } finally {
    model.dispose();
  }
  context.stdout.write(`${output}\n`);
  return exitCodes.done;
}
