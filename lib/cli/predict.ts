import { isAbsolute, join } from 'node:path';
import { ThawError } from '../errors.ts';
import type { Prediction, PredictOptions } from '../model/prediction.ts';
import { parseArguments, unusable } from '../options/arguments.ts';
import { predictFlags } from '../options/commands.ts';
import { predict as predictOptions } from '../options/run.ts';
import { flagged, pick } from '../options/table.ts';
import type { CommandModel } from './api.ts';
import { percent } from './common.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { withModel } from './load-model.ts';
import { writeJsonLine } from './output.ts';

export const predictCommand: Command = {
  name: 'predict',
  summary: 'Name what images show.',
  operands: 'IMAGE...',
  options: predictFlags,
  notes: 'An image that cannot be read is named, the others go on, and the exit code is 1.',
  run: predict,
};

async function predict(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals: images } = parseArguments(args, predictFlags, 'predict');
  if (images.length === 0) throw unusable('thaw predict needs at least one IMAGE.');
  return withModel(values, context, async (model) => {
    const options = pick(flagged(predictOptions), values);
    const batchSize = values.batchSize ?? predictFlags.batchSize.default;
    let unread = 0;
    for (let i = 0; i < images.length && !context.stdout.closed; i += batchSize) {
      context.signal.throwIfAborted();
      const names = images.slice(i, i + batchSize);
      for (const [j, result] of (await predictBatch(model, names, options, context.cwd)).entries()) {
        const name = names[j] ?? '';
        if (result instanceof ThawError) {
          unread++;
          context.stderr.write(`thaw: ${result.message}\n`);
          if (values.json)
            writeJsonLine(context.stdout, {
              image: name,
              error: { code: result.code, message: result.message },
            });
        } else if (values.json) {
          writeJsonLine(context.stdout, { image: name, ...result });
        } else {
          // Above the threshold, where an image may have many; none is an answer as well.
          const labels = (result.labels ?? result.top).map(
            ({ label, probability }) => `${label} ${percent(probability)}`,
          );
          context.stdout.write(`${name}: ${labels.join(', ') || 'none'}\n`);
        }
      }
    }
    return unread > 0 ? exitCodes.failed : exitCodes.done;
  });
}

/** A batch fails as a whole where one image is unreadable; then each goes alone, so that the others are not lost. */
async function predictBatch(
  model: CommandModel,
  names: readonly string[],
  options: PredictOptions,
  cwd: string,
): Promise<(Prediction | ThawError)[]> {
  const paths = names.map((name) => (isAbsolute(name) ? name : join(cwd, name)));
  try {
    return await model.predict(paths, { ...options, batchSize: paths.length });
  } catch (error) {
    if (!isImageError(error)) throw error;
    if (names.length === 1) return [error];
    const results: (Prediction | ThawError)[] = [];
    for (const name of names) results.push(...(await predictBatch(model, [name], options, cwd)));
    return results;
  }
}

function isImageError(error: unknown): error is ThawError {
  return error instanceof ThawError && error.code.startsWith('ERR_IMAGE_');
}
