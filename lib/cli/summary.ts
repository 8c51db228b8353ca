import { resolve } from 'node:path';
import { noPositionals, parseArguments } from '../options/arguments.ts';
import { summaryFlags } from '../options/commands.ts';
import { parseHead, parseUnfreeze } from '../options/words.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';

export const summaryCommand: Command = {
  name: 'summary',
  summary: 'Print the layers of a network, with shapes, parameters and what is trained.',
  options: summaryFlags,
  run: summary,
};

async function summary(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, summaryFlags, 'summary');
  noPositionals(positionals, 'summary');
  const classes = values.classes ?? summaryFlags.classes.default;
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
