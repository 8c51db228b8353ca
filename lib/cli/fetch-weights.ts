import { resolve } from 'node:path';
import { describeProgress, ProgressLine } from '../files/progress.ts';
import { parseArguments, unusable } from '../options/arguments.ts';
import { fetchWeightsFlags } from '../options/commands.ts';
import { ARCHITECTURES } from '../options/load.ts';
import { oneOf } from '../validate.ts';
import { weightsFile } from '../weights/catalogue.ts';
import { fetchWeights } from '../weights/fetch.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';

export const fetchWeightsCommand: Command = {
  name: 'fetch-weights',
  summary: "Bring torchvision's ImageNet weights into the cache.",
  operands: '[ARCHITECTURE]',
  options: fetchWeightsFlags,
  notes: [
    `ARCHITECTURE is one of ${ARCHITECTURES.join(', ')}; resnet50 unless given.`,
    'What is there already is kept; what was interrupted is gone on with.',
  ].join('\n'),
  run: fetch,
};

async function fetch(args: readonly string[], { stderr, env, signal, cwd }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, fetchWeightsFlags, 'fetch-weights');
  const [name = 'resnet50', ...more] = positionals;
  if (more.length > 0) throw unusable('thaw fetch-weights takes one ARCHITECTURE.');
  const architecture = oneOf('ARCHITECTURE', name, ARCHITECTURES);
  const { verbose: _, from, version = 'V1', noTorchscript = false, ...places } = values;
  const file = weightsFile(architecture, version);
  const line = new ProgressLine(stderr);
  // Only turning weights into TorchScript needs the addon.
  const convert = noTorchscript ? undefined : (await import('../model/convert-weights.ts')).convertWeights;
  const { fromCache, pth, torchscript, sha256 } = await fetchWeights(architecture, {
    ...places,
    from: from === undefined ? undefined : resolve(cwd, from),
    version,
    convert,
    env,
    signal,
    onProgress: (progress) => line.draw(describeProgress(file, progress)),
  }).finally(() => line.clear());
  stderr.write(`${pth} ${fromCache ? 'is there already' : 'is ready'} (SHA-256 ${sha256})\n`);
  if (torchscript) stderr.write(`${torchscript} is ready\n`);
  return exitCodes.done;
}
