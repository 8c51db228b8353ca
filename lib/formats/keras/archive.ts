import { inflateRawSync } from 'node:zlib';
import { damaged } from '../refuse.ts';

/** The entries of a `.keras` file. */
export const METADATA_ENTRY = 'metadata.json';
export const CONFIG_ENTRY = 'config.json';
export const WEIGHTS_ENTRY = 'model.weights.h5';

interface Entry {
  name: string;
  method: number;
  compressed: number;
  size: number;
  /** Where its local header begins. */
  offset: number;
}

/** Where a zip's directory lies. */
export interface ZipDirectory {
  offset: number;
  length: number;
  entries: number;
}

/** The end of a zip's directory with the longest comment: where `findDirectory` has to look. */
export const ZIP_TAIL = 22 + 0xffff;
/** Weights hardly compress, and Keras stores them as they are; a config of this size may be a thousandth. */
const MAX_EXPANSION = 16;
const SMALL = 4 * 2 ** 20;
const STORED = 0;
const DEFLATED = 8;

// The engine has another reader of a zip's directory, for PyTorch's files (binding/engine/weights/zip_directory.*). It
// knows stored entries only, of a file on disk, and leaves what they hold in the engine. Here a compressed config or
// compressed weights are read as well, in memory, for HDF5's library, which is JavaScript's: to use the engine's, it
// would have to inflate within bounds and hand bytes out, which is more than the eighty lines that it would replace.

/** Finds the directory in the last bytes of a file; undefined where there is none. */
export function findDirectory(tail: Uint8Array): ZipDirectory | undefined {
  const view = viewOf(tail);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    return {
      entries: view.getUint16(at + 10, true),
      length: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
  }
  return undefined;
}

/** The entries that a directory lists. @throws ThawError ERR_WEIGHTS_FORMAT */
export function readDirectory(bytes: Uint8Array, count: number, origin: string): Entry[] {
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(origin, 'its list of entries is damaged');
    }
    const lengths = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [number, number, number];
    const end = at + 46 + lengths[0] + lengths[1] + lengths[2];
    if (end > bytes.length) throw damaged(origin, 'its list of entries is damaged');
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + lengths[0]));
    if (name.startsWith('/') || /^[A-Za-z]:|\\|\0/.test(name) || name.split('/').includes('..')) {
      throw damaged(origin, `an entry is called ${JSON.stringify(name)}, which leads out of it`);
    }
    if (names.has(name)) throw damaged(origin, `it holds ${name} twice`);
    if (view.getUint16(at + 8, true) & 1) throw damaged(origin, `${name} is encrypted`);
    names.add(name);
    entries.push({
      name,
      method: view.getUint16(at + 10, true),
      compressed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at = end;
  }
  return entries;
}

/** A `.keras` file's config and weights; nothing else of it is unpacked. @throws ThawError ERR_WEIGHTS_FORMAT */
export function readArchive(bytes: Uint8Array, origin: string): { config: string; weights: Uint8Array } {
  const directory = findDirectory(bytes.subarray(-ZIP_TAIL));
  if (!directory) throw damaged(origin, 'it is a damaged zip archive');
  const { offset, length, entries: count } = directory;
  if (offset + length > bytes.length) throw damaged(origin, 'its list of entries is damaged');
  const entries = readDirectory(bytes.subarray(offset, offset + length), count, origin);
  const content = (name: string) => {
    const entry = entries.find((candidate) => candidate.name === name);
    if (!entry) throw damaged(origin, `it holds no ${name}`);
    return unpack(bytes, entry, origin);
  };
  return { config: new TextDecoder().decode(content(CONFIG_ENTRY)), weights: content(WEIGHTS_ENTRY) };
}

function unpack(bytes: Uint8Array, entry: Entry, origin: string): Uint8Array {
  const { name, method, compressed, size, offset } = entry;
  const view = viewOf(bytes);
  const header = offset + 30;
  if (header > bytes.length || view.getUint32(offset, true) !== 0x04034b50) {
    throw damaged(origin, `${name} is damaged`);
  }
  const start = header + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + compressed > bytes.length) throw damaged(origin, `${name} is cut off`);
  const packed = bytes.subarray(start, start + compressed);
  if (method === STORED && compressed === size) return packed;
  if (method !== DEFLATED) throw damaged(origin, `${name} is packed in an unknown way`);
  if (size > Math.max(SMALL, compressed * MAX_EXPANSION)) {
    throw damaged(origin, `${name} claims to unpack to more than ${MAX_EXPANSION} times its size`);
  }
  let content: Uint8Array | undefined;
  try {
    content = inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    // Damaged, or longer than it claims: refused below.
  }
  if (content?.length !== size) throw damaged(origin, `${name} does not unpack to what it claims`);
  return content;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
