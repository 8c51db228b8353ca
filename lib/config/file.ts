import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ThawError } from '../errors.ts';
import { flagOf, namesOf } from '../options/arguments.ts';
import type { Option } from '../options/table.ts';
import { invocation, type TrainValues, trainOptions } from '../options/train.ts';
import { reasonOf } from '../reason.ts';
import { invalid, unknownOption } from '../validate.ts';

/**
 * Reads a configuration: a JSON object with the options of `thaw train`, in camelCase. Relative paths in it are
 * relative to the file.
 * @throws ThawError ERR_CONFIG_NOT_FOUND, ERR_CONFIG_SYNTAX, ERR_UNKNOWN_OPTION, ERR_INVALID_ARGUMENT
 */
export async function readConfig(file: string): Promise<TrainValues> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ThawError(
      'ERR_CONFIG_NOT_FOUND',
      missing
        ? `The configuration ${file} does not exist.`
        : `The configuration ${file} cannot be read: ${reasonOf(error)}.`,
      { cause: error },
    );
  }
  let values: unknown;
  try {
    values = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ThawError('ERR_CONFIG_SYNTAX', `The configuration ${file} is not JSON: ${reasonOf(error)}.`);
  }
  return withAbsolutePaths(checked(values, file), dirname(file));
}

/** Under their names of today. */
function checked(values: unknown, file: string): TrainValues {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw invalid(`the configuration ${file}`, 'an object with options', values);
  }
  const names = namesOf(trainOptions);
  const config: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(values)) {
    // The version that wrote the file.
    if (given === 'thaw') continue;
    if (Object.hasOwn(invocation, given)) {
      throw new ThawError(
        'ERR_UNKNOWN_OPTION',
        `The option ${given} in ${file} belongs to one run; give it as ${flagOf(given)} on the command line.`,
      );
    }
    const name = names.get(given);
    if (name === undefined) throw unknownOption(given, Object.keys(trainOptions), `in ${file}`);
    if (Object.hasOwn(config, name)) {
      throw new ThawError('ERR_INVALID_ARGUMENT', `The option ${name} is given twice in ${file}.`);
    }
    const option: Option = trainOptions[name as keyof typeof trainOptions];
    config[name] = option.kind.check(`${given} in ${file}`, value);
  }
  return config as TrainValues;
}

/** Makes the paths among the options absolute; `weights` is one where it is not a name. */
export function withAbsolutePaths(values: TrainValues, base: string): TrainValues {
  const result: Record<string, unknown> = { ...values };
  for (const [name, option] of Object.entries<Option>(trainOptions)) {
    if (option.path && typeof result[name] === 'string') result[name] = resolve(base, result[name]);
  }
  const { weights } = values;
  if (weights !== undefined && !isWeightsName(weights)) result.weights = resolve(base, weights);
  return result as TrainValues;
}

/** `imagenet` and `none` are no files. */
export function isWeightsName(weights: string): boolean {
  return weights === 'none' || /^imagenet(-v[12])?$/i.test(weights);
}
