import { ThawError } from '../../errors.ts';
import { CONFIG_ENTRY, findDirectory, readDirectory, WEIGHTS_ENTRY, ZIP_TAIL } from './archive.ts';
import { withWeights } from './open-weights.ts';

const HDF5_SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
const ZIP_SIGNATURE = Buffer.from('PK\x03\x04', 'latin1');

/**
 * Whether a file is Keras' by its content: HDF5, or a zip with a config and HDF5 weights.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_IO
 */
export function isKeras(path: string): Promise<boolean> {
  return withWeights(path, async (file, size) => {
    const bytes = async (offset: number, length: number) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const start = await bytes(0, 8);
    if (start.equals(HDF5_SIGNATURE)) return true;
    if (!isZip(start)) return false;
    const directory = findDirectory(await bytes(Math.max(0, size - ZIP_TAIL), ZIP_TAIL));
    if (!directory) return false;
    const list = await bytes(directory.offset, directory.length);
    try {
      const names = readDirectory(list, directory.entries, path).map(({ name }) => name);
      return names.includes(CONFIG_ENTRY) && names.includes(WEIGHTS_ENTRY);
    } catch (error) {
      if (error instanceof ThawError) return false;
      throw error;
    }
  });
}

export function isZip(bytes: Uint8Array): boolean {
  return ZIP_SIGNATURE.equals(bytes.subarray(0, 4));
}
