import { writeFileSync } from 'node:fs';
import { ThawError } from '../../lib/errors.ts';
import { readKeras } from '../../lib/formats/keras/read.ts';

/** Writes the bytes to a file and says how reading it ends: the error's code and sentence, or 'read'. */
export async function readingKeras(name: string, bytes: Uint8Array): Promise<string> {
  writeFileSync(name, bytes);
  try {
    await readKeras(name);
    return 'read';
  } catch (error) {
    if (!(error instanceof ThawError)) throw error;
    return `${error.code} ${error.message.replace(name, 'the file')}`;
  }
}
