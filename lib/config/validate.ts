import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { ThawError } from '../errors.ts';
import { closest, invalid } from '../validate.ts';
import type { OptionSpec, ValueSchema } from './options.ts';

/** Unusable arguments or an unusable configuration file: the command line's exit code 2. */
export class UsageError extends ThawError {}

/** A JSON schema of an object with these options, all of them optional and no others. */
export function schemaOf(options: Record<string, OptionSpec>): object {
  const properties = Object.fromEntries(
    Object.entries(options).map(([name, spec]) => [
      name,
      {
        ...(spec.auto ? { anyOf: [spec.schema, { const: 'auto' }] } : spec.schema),
        description: spec.help,
        ...(spec.default === undefined ? {} : { default: spec.default }),
      },
    ]),
  );
  return { type: 'object', additionalProperties: false, properties };
}

/**
 * Checks values against their options.
 * @param where names the values as a whole in messages: `thaw train`, or the configuration file
 * @param nameOf how a message names one option: `--batch-size`, or `batchSize in run.json`
 * @throws UsageError with one sentence about the first thing that is wrong
 */
export function checkValues(
  values: unknown,
  options: Record<string, OptionSpec>,
  where: string,
  nameOf: (option: string) => string,
): void {
  const validate = compiled(options);
  if (validate(values)) return;
  const error = validate.errors?.[0];
  if (!error) return;
  throw usage(sentence(error, values, options, where, nameOf));
}

function sentence(
  error: ErrorObject,
  values: unknown,
  options: Record<string, OptionSpec>,
  where: string,
  nameOf: (option: string) => string,
): ThawError {
  if (error.keyword === 'additionalProperties') {
    return unknownOption(String(error.params.additionalProperty), Object.keys(options), where);
  }
  const option = error.instancePath.slice(1);
  const spec = options[option];
  if (!spec) return invalid(where, 'an object with options', values);
  return invalid(nameOf(option), expectation(spec), (values as Record<string, unknown>)[option]);
}

/** `Unknown option learningrate in run.json; did you mean learningRate?` */
export function unknownOption(name: string, known: readonly string[], where: string): UsageError {
  const nearest = closest(name, known);
  const hint = nearest ? `; did you mean ${nearest}?` : '.';
  return new UsageError('ERR_UNKNOWN_OPTION', `Unknown option ${name} ${where}${hint}`);
}

/** `an integer of at least 1`, `one of 'adam', 'adamw', 'sgd'`. */
function expectation({ schema, auto }: OptionSpec): string {
  return auto ? `${kindOf(schema)} or 'auto'` : kindOf(schema);
}

function kindOf(schema: ValueSchema): string {
  if (schema.enum) return `one of ${schema.enum.map((choice) => `'${choice}'`).join(', ')}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'string') return 'a text';
  const bounds: string[] = [];
  if (schema.minimum !== undefined) bounds.push(`at least ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) bounds.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.maximum !== undefined && schema.maximum !== Number.MAX_SAFE_INTEGER) {
    bounds.push(`at most ${schema.maximum}`);
  }
  if (schema.exclusiveMaximum !== undefined) bounds.push(`less than ${schema.exclusiveMaximum}`);
  const kind = schema.type === 'integer' ? 'an integer' : 'a number';
  return bounds.length > 0 ? `${kind} of ${bounds.join(' and ')}` : kind;
}

function usage(error: ThawError): UsageError {
  return error instanceof UsageError ? error : new UsageError(error.code, error.message);
}

const validators = new WeakMap<object, ValidateFunction>();

function compiled(options: Record<string, OptionSpec>): ValidateFunction {
  let validate = validators.get(options);
  if (!validate) {
    validate = new Ajv({ strict: true }).compile(schemaOf(options));
    validators.set(options, validate);
  }
  return validate;
}
