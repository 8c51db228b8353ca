import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type OptionSpec, runOptions, type TrainValues, trainOptions } from './options.ts';
import { checkValues, UsageError } from './validate.ts';

/** What config.json says about itself, accepted and ignored on reading. */
const fileOptions: Record<string, OptionSpec> = {
  ...trainOptions,
  thaw: { schema: { type: 'string' }, group: 'Run', help: 'the version that wrote the file' },
};

/**
 * Reads a configuration: a JSON object with the options of `thaw train`, in camelCase. Relative paths in it are
 * relative to the file.
 * @throws UsageError ERR_CONFIG_NOT_FOUND, ERR_CONFIG_SYNTAX, ERR_UNKNOWN_OPTION, ERR_INVALID_ARGUMENT
 */
export async function readConfig(file: string): Promise<TrainValues> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      'ERR_CONFIG_NOT_FOUND',
      missing
        ? `The configuration ${file} does not exist.`
        : `The configuration ${file} cannot be read: ${(error as Error).message}.`,
    );
  }
  let values: unknown;
  try {
    values = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(
      'ERR_CONFIG_SYNTAX',
      `The configuration ${file} is not JSON: ${(error as Error).message}.`,
    );
  }
  refuseRunOptions(values, file);
  checkValues(values, fileOptions, `in ${file}`, (option) => `${option} in ${file}`);
  const { thaw: _, ...config } = values as TrainValues & { thaw?: string };
  return withAbsolutePaths(config, dirname(file));
}

/** Makes the paths among the options absolute; `weights` is one where it is not a name. */
export function withAbsolutePaths(values: TrainValues, base: string): TrainValues {
  const result: Record<string, unknown> = { ...values };
  for (const [name, spec] of Object.entries<OptionSpec>(trainOptions)) {
    if (spec.path && typeof result[name] === 'string') result[name] = resolve(base, result[name]);
  }
  const { weights } = values;
  if (weights !== undefined && !isWeightsName(weights)) result.weights = resolve(base, weights);
  return result as TrainValues;
}

/** `imagenet` and `none` are no files. */
export function isWeightsName(weights: string): boolean {
  return weights === 'none' || /^imagenet(-v[12])?$/i.test(weights);
}

function refuseRunOptions(values: unknown, file: string): void {
  if (values === null || typeof values !== 'object') return;
  const found = Object.keys(values).find((name) => Object.hasOwn(runOptions, name));
  if (found === undefined) return;
  throw new UsageError(
    'ERR_UNKNOWN_OPTION',
    `The option ${found} in ${file} belongs to one run; give it as --${found} on the command line.`,
  );
}
