import { ThawError } from '../../errors.ts';
import { fromHalves } from '../half.ts';
import { damaged } from '../refuse.ts';
import { library } from './hdf5-library.ts';

type Module = Awaited<typeof library>;
type Metadata = ReturnType<Module['get_dataset_metadata']>;

/** An array of floating-point numbers in a file; nothing of it is read yet. */
export interface StoredArray {
  path: string;
  shape: readonly number[];
  /** Bytes of a number in the file: 2, 4 or 8. */
  width: number;
}

let opened = 0;

/**
 * An HDF5 file in memory. The library sees a file system that holds this file and nothing else, and every link on
 * the way to an object is looked at before it is followed: only plain (hard) links are.
 *
 * All methods throw ThawError ERR_WEIGHTS_FORMAT where the file is damaged or holds something else than was asked for.
 */
export class Hdf5File {
  readonly origin: string;
  readonly #module: Module;
  readonly #name: string;
  readonly #id: bigint;
  readonly #size: number;
  readonly #plain = new Set<string>();

  private constructor(module: Module, name: string, id: bigint, size: number, origin: string) {
    this.#module = module;
    this.#name = name;
    this.#id = id;
    this.#size = size;
    this.origin = origin;
  }

  /** `origin` names the file in errors. The bytes are not copied, and not changed. */
  static async open(bytes: Uint8Array, origin: string): Promise<Hdf5File> {
    const module = await library;
    const name = `/opened-${opened++}.h5`;
    // Without canOwn, which its types do not know, the bytes would be copied.
    const options: object = { canOwn: true };
    module.FS.writeFile(name, bytes, options);
    let id = -1n;
    try {
      id = module.open(name, module.H5F_ACC_RDONLY, false, -1, -1);
    } catch {
      // Refused below, like what returns no file.
    }
    if (id < 0n) {
      module.FS.unlink(name);
      throw damaged(origin, 'it is damaged or no HDF5 file');
    }
    return new Hdf5File(module, name, id, bytes.length, origin);
  }

  close(): void {
    try {
      this.#module.close_file(this.#id);
    } finally {
      this.#module.FS.unlink(this.#name);
    }
  }

  /** 'group', 'array', or undefined where nothing of the name is there. */
  kind(path: string): 'group' | 'array' | undefined {
    if (!this.#linked(path)) return undefined;
    const type = this.#ask(path, () => this.#module.get_type(this.#id, path));
    if (type === this.#module.H5G_GROUP) return 'group';
    if (type === this.#module.H5G_DATASET) return 'array';
    throw this.refuse(`${path} is neither a group nor an array`);
  }

  /** The names in a group; none where there is no such group. */
  children(path: string): string[] {
    if (this.kind(path) !== 'group') return [];
    return this.#ask(path, () => this.#module.get_names(this.#id, path, false));
  }

  /** An attribute that is a string or a list of strings; undefined where the object has none of the name. */
  strings(path: string, attribute: string): string[] | undefined {
    if (this.kind(path) === undefined) return undefined;
    const module = this.#module;
    const names = this.#ask(path, () => module.get_attribute_names(this.#id, path));
    if (!names.includes(attribute)) return undefined;
    const what = `attribute ${attribute} of ${path}`;
    const metadata = this.#ask(what, () => module.get_attribute_metadata(this.#id, path, attribute));
    if (metadata.total_size === 0) return [];
    if (metadata.type !== module.H5T_class_t.H5T_STRING.value) throw this.refuse(`${what} is no text`);
    return this.#ask(what, () =>
      this.#read(
        metadata,
        what,
        (pointer) => module.get_attribute_data(this.#id, path, attribute, pointer),
        (bytes) => this.#texts(bytes, metadata, what),
        (pointer) => module.reclaim_vlen_memory(this.#id, path, attribute, pointer),
      ),
    );
  }

  /** What the file says of an array. */
  array(path: string): StoredArray {
    if (this.kind(path) !== 'array') throw this.refuse(`${path} is missing`);
    const { shape, size, type, virtual_sources } = this.#ask(path, () =>
      this.#module.get_dataset_metadata(this.#id, path),
    );
    if (virtual_sources) throw this.refuse(`${path} is gathered from other places`);
    const float = type === this.#module.H5T_class_t.H5T_FLOAT.value && [2, 4, 8].includes(size);
    if (!float || !shape) throw this.refuse(`${path} holds no floating-point numbers`);
    // What is stored takes no less room in the file: Keras does not compress.
    const bytes = shape.reduce((product, length) => product * length, size);
    if (!(bytes >= 1 && bytes <= this.#size))
      throw this.refuse(`${path} claims to be of the shape [${shape}]`);
    return { path, shape, width: size };
  }

  /** The numbers of an array, as they stand in the file. */
  numbers({ path, width }: StoredArray): Float32Array {
    const module = this.#module;
    return this.#ask(path, () => {
      const metadata = module.get_dataset_metadata(this.#id, path);
      return this.#read(
        metadata,
        path,
        (pointer) => module.get_dataset_data(this.#id, path, null, null, null, pointer),
        (bytes) => float32(bytes.slice().buffer, width),
      );
    });
  }

  refuse(problem: string, cause?: unknown): ThawError {
    return damaged(this.origin, problem, cause);
  }

  /** Whether a path exists; refuses links that lead elsewhere before anything follows them. */
  #linked(path: string): boolean {
    const parts = path.split('/').filter(Boolean);
    for (let depth = 1; depth <= parts.length; depth++) {
      const part = `/${parts.slice(0, depth).join('/')}`;
      if (this.#plain.has(part)) continue;
      const parent = `/${parts.slice(0, depth - 1).join('/')}`;
      const name = parts[depth - 1] ?? '';
      if (!this.#ask(parent, () => this.#module.get_names(this.#id, parent, false)).includes(name))
        return false;
      const soft = this.#ask(part, () => this.#module.get_symbolic_link(this.#id, part));
      const external = this.#ask(part, () => this.#module.get_external_link(this.#id, part));
      if (soft !== null || external.filename !== undefined)
        throw this.refuse(`${part} is a link to another place`);
      this.#plain.add(part);
    }
    return true;
  }

  #read<T>(
    { size, total_size }: Metadata,
    what: string,
    fill: (pointer: bigint) => number,
    take: (bytes: Uint8Array) => T,
    release: (pointer: bigint) => void = () => undefined,
  ): T {
    const length = size * total_size;
    if (!(length <= this.#size)) throw this.refuse(`${what} claims more than the file holds`);
    const pointer = this.#module._malloc(Math.max(length, 1));
    if (pointer === 0) throw this.refuse(`there is no memory for ${what}`);
    try {
      if (fill(BigInt(pointer)) < 0) throw this.refuse(`${what} cannot be read`);
      try {
        return take(this.#module.HEAPU8.subarray(pointer, pointer + length));
      } finally {
        release(BigInt(pointer));
      }
    } finally {
      this.#module._free(pointer);
    }
  }

  #texts(bytes: Uint8Array, { vlen, size, total_size }: Metadata, what: string): string[] {
    const heap = this.#module.HEAPU8;
    const pointers = vlen ? new Uint32Array(bytes.slice().buffer) : undefined;
    let room = this.#size;
    return Array.from({ length: total_size }, (_, index) => {
      const start = pointers ? (pointers[index] ?? 0) : index * size;
      const from = pointers ? heap : bytes;
      if (pointers && start === 0) return '';
      const end = from.indexOf(0, start);
      const limit = pointers ? end : start + size;
      const text = from.subarray(start, end === -1 ? limit : Math.min(end, limit));
      room -= text.length;
      if (room < 0) throw this.refuse(`${what} claims more than the file holds`);
      return new TextDecoder().decode(text);
    });
  }

  /** Asks the library; whatever it throws means that the file is not what it should be. */
  #ask<T>(what: string, question: () => T): T {
    try {
      return question();
    } catch (error) {
      if (error instanceof ThawError) throw error;
      throw this.refuse(`${what} cannot be read`, error);
    }
  }
}

function float32(buffer: ArrayBuffer, width: number): Float32Array {
  if (width === 4) return new Float32Array(buffer);
  return width === 8 ? Float32Array.from(new Float64Array(buffer)) : fromHalves(new Uint16Array(buffer));
}
