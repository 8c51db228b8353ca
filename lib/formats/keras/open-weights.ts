import { constants, type FileHandle, open } from 'node:fs/promises';
import { ThawError } from '../../errors.ts';

/**
 * Opens a weights file for what `use` does with it.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_IO for what is no file or cannot be read
 */
export async function withWeights<T>(
  path: string,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  let file: FileHandle | undefined;
  try {
    // Opening a named pipe would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile()) throw new ThawError('ERR_IO', `Cannot read weights from '${path}': it is no file.`);
    return await use(file, status.size);
  } catch (error) {
    if (error instanceof ThawError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new ThawError('ERR_WEIGHTS_NOT_FOUND', `There is no weights file '${path}'.`, { cause: error });
    }
    if (code === undefined) throw error;
    throw new ThawError('ERR_IO', `Cannot read '${path}': ${message}.`, { cause: error });
  } finally {
    await file?.close();
  }
}
