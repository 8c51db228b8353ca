import { damaged } from '../refuse.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws ThawError ERR_WEIGHTS_FORMAT, as the others */
export function objectIn(value: unknown, origin: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw noConfig(origin);
}

export function arrayIn(value: unknown, origin: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw noConfig(origin);
}

export function stringIn(value: unknown, origin: string): string {
  if (typeof value === 'string') return value;
  throw noConfig(origin);
}

function noConfig(origin: string) {
  return damaged(origin, 'its model config is no Keras config');
}
