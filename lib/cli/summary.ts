import { resolve } from 'node:path';
import { parseHead } from '../config/head.ts';
import { type OptionSpec, trainOptions } from '../config/options.ts';
import { parseUnfreeze } from '../config/rules.ts';
import { noPositionals, parseArguments } from './args.ts';
import { modelOptions, outputOptions } from './common.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { optionsHelp } from './help.ts';

const { json: _, ...plainOutput } = outputOptions;

const options = {
  model: modelOptions.model,
  architecture: trainOptions.architecture,
  head: { ...trainOptions.head, help: 'the head to put on; without it, the network as published' },
  classes: {
    schema: { type: 'integer', minimum: 2 },
    value: 'N',
    group: 'Model',
    help: 'of the head',
    default: 10,
  },
  unfreeze: trainOptions.unfreeze,
  inputSize: { ...trainOptions.inputSize, help: "side of the network's input, in pixels (224)" },
  ...plainOutput,
} as const satisfies Record<string, OptionSpec>;

export const summaryCommand: Command = {
  name: 'summary',
  summary: 'Print the layers of a network, with shapes, parameters and what is trained.',
  usage: 'thaw summary [--model FILE | --architecture NAME] [OPTIONS]',
  help: () => optionsHelp(options),
  run: summary,
};

async function summary(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, options, 'summary');
  noPositionals(positionals, 'summary');
  const classes = values.classes ?? options.classes.default;
  const head = values.head === undefined ? undefined : parseHead(values.head, classes);
  const rule = parseUnfreeze(values.unfreeze ?? 'none');
  const api = await context.api();
  const side = values.inputSize;
  const model = await api.load(values.model === undefined ? (values.architecture ?? 'resnet50') : undefined, {
    weights: values.model === undefined ? null : resolve(context.cwd, values.model),
    device: 'cpu',
    ...(values.model === undefined ? { includeTop: head === undefined } : {}),
    ...(side === undefined ? {} : { inputShape: [side, side, 3] }),
    signal: context.signal,
  });
  try {
    if (head) {
      const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
      model.replaceHead(head, { classes: names, seed: 0 });
    }
    if (head || values.unfreeze !== undefined) model.freeze();
    if (rule === 'all') model.unfreeze();
    else if (rule !== 'none') model.unfreeze('last' in rule ? rule : rule.names);
    context.stdout.write(`${model.summary().trimEnd()}\n`);
  } finally {
    model.dispose();
  }
  return exitCodes.done;
}
