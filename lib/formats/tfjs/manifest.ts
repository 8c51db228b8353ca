import { FormatError, quoted } from './format-error.ts';
import { arrayAt, objectAt, stringAt } from './json.ts';

/** How values are packed: value = stored * scale + min; halves are themselves. */
export type Packing =
  | { dtype: 'float32' | 'float16' }
  | { dtype: 'uint8' | 'uint16'; scale: number; min: number };

export interface ManifestEntry {
  name: string;
  shape: readonly number[];
  packing: Packing;
  /** In the shards of its group laid end to end. */
  start: number;
  bytes: number;
}

export interface ManifestGroup {
  /** Names of the shards, all within the folder. */
  paths: readonly string[];
  entries: readonly ManifestEntry[];
  /** Of all entries, the optimizer's included. */
  bytes: number;
}

const BYTES = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1 } as const;

/**
 * Reads `weightsManifest`; the state of an optimizer is passed over.
 * @throws FormatError
 */
export function readManifest(manifest: unknown): ManifestGroup[] {
  const seen = new Set<string>();
  const once = (name: string, what: string) => {
    if (seen.has(`${what} ${name}`)) throw new FormatError(`it lists the ${what} ${quoted(name)} twice`);
    seen.add(`${what} ${name}`);
    return name;
  };
  return arrayAt(manifest, 'weightsManifest').map((item) => {
    const group = objectAt(item, 'a group of weightsManifest');
    const paths = arrayAt(group.paths, 'paths').map((path) => once(shardName(path), 'shard'));
    const entries: ManifestEntry[] = [];
    let bytes = 0;
    for (const weight of arrayAt(group.weights, 'weights')) {
      const { optimizer, ...entry } = readEntry(weight, bytes);
      bytes += entry.bytes;
      if (!Number.isSafeInteger(bytes)) throw new FormatError('its weights are larger than any file');
      if (optimizer) continue;
      once(entry.name, 'weight');
      entries.push(entry);
    }
    return { paths, entries, bytes };
  });
}

/** A name, or a path downwards: nothing that leads out of the folder, and no address. */
function shardName(path: unknown): string {
  const name = stringAt(path, `a shard's name`);
  const parts = name.split('/');
  const inside = parts.every((part) => part !== '' && part !== '.' && part !== '..') && !/[\\:]/.test(name);
  if (!inside) throw new FormatError(`the shard ${quoted(name)} is not within its folder`);
  return name;
}

function readEntry(weight: unknown, start: number): ManifestEntry & { optimizer: boolean } {
  const entry = objectAt(weight, 'a weight');
  const name = stringAt(entry.name, `a weight's name`);
  const optimizer = entry.group === 'optimizer';
  const shape = arrayAt(entry.shape, `the shape of ${quoted(name)}`) as number[];
  const dtype = entry.dtype;
  if (dtype !== 'float32' && !(optimizer && dtype === 'int32')) {
    throw new FormatError(`the weight ${quoted(name)} is of the type ${quoted(dtype)}, not float32`);
  }
  const packing =
    entry.quantization === undefined
      ? ({ dtype: 'float32' } as const)
      : readPacking(entry.quantization, name);
  const bytes = shape.reduce((product, size) => product * size, BYTES[packing.dtype]);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || !Number.isSafeInteger(bytes)) {
    throw new FormatError(`the weight ${quoted(name)} has a shape that cannot be`);
  }
  return { name, shape, packing, start, bytes, optimizer };
}

function readPacking(quantization: unknown, name: string): Packing {
  const { dtype, scale, min } = objectAt(quantization, `the quantization of ${quoted(name)}`);
  if (dtype === 'float16') return { dtype };
  if ((dtype === 'uint8' || dtype === 'uint16') && Number.isFinite(scale) && Number.isFinite(min)) {
    return { dtype, scale: scale as number, min: min as number };
  }
  throw new FormatError(`the weight ${quoted(name)} is quantised in a way that is not known`);
}
