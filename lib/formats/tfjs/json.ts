import { FormatError } from './format-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws FormatError where `value` is no object; `what` names it in the message */
export function objectAt(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new FormatError(`${what} is no object`);
}

export function arrayAt(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new FormatError(`${what} is no array`);
}

export function stringAt(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new FormatError(`${what} is no string`);
}
