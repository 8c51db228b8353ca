import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { unreadable } from './files.ts';
import type { Notes } from './left-out.ts';

/**
 * The text of a file: UTF-8, UTF-16 with a byte order mark or zero bytes that give it away, and else Windows-1252, of
 * which Latin-1 is a part; a note says so.
 * @throws ThawError ERR_DATA_NOT_FOUND, ERR_DATA_UNREADABLE
 */
export async function readText(file: string, notes: Notes): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unreadable(file, error);
  }
  const utf16 = utf16Order(bytes);
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    notes.say(`${file} is not UTF-8: it was read as Windows-1252 (Latin-1).`);
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** A listing begins with ASCII, which has a zero byte beside each letter in UTF-16. */
function utf16Order([first, second]: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be';
  return undefined;
}
