import { File, type Group } from 'h5wasm';
import { ThawError } from '../../errors.ts';
import { reasonOf } from '../../reason.ts';
import { library } from './hdf5-library.ts';

let created = 0;

/** A group of an HDF5 file that is being made. */
export interface Hdf5Group {
  /** A string, or a list of strings. */
  attribute(name: string, value: string | readonly string[]): void;
  group(name: string): Hdf5Group;
  /** float32, row-major, uncompressed. */
  dataset(name: string, shape: readonly number[], data: Float32Array): void;
}

/** Makes an HDF5 file in memory. */
export async function createHdf5(fill: (root: Hdf5Group) => Promise<void>): Promise<Uint8Array> {
  const { FS } = await library;
  const name = `/created-${created++}.h5`;
  try {
    const file = new File(name, 'w');
    try {
      await fill(wrap(file));
    } finally {
      file.close();
    }
    return FS.readFile(name);
  } catch (error) {
    if (error instanceof ThawError) throw error;
    throw new ThawError('ERR_WRITE_FAILED', `The HDF5 file cannot be made: ${reasonOf(error)}.`, {
      cause: error,
    });
  } finally {
    if (FS.analyzePath(name).exists) FS.unlink(name);
  }
}

function wrap(group: Group): Hdf5Group {
  return {
    attribute(name, value) {
      if (typeof value === 'string') group.create_attribute(name, value, [], 'S');
      // An empty list has no strings to tell its type from; Keras writes numbers.
      else if (value.length === 0) group.create_attribute(name, new Float64Array(0), [0]);
      else group.create_attribute(name, [...value], null, 'S');
    },
    group: (name) => wrap(group.create_group(name)),
    dataset: (name, shape, data) => void group.create_dataset({ name, data, shape: [...shape], dtype: '<f' }),
  };
}
