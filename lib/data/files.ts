import { readdir, stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { ThawError } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import type { Notes } from './left-out.ts';
import { compareCodePoints } from './order.ts';

/** What is in a folder, by name in Python's order. */
export interface FolderContent {
  folders: string[];
  /** Of both those that are links. */
  links: Set<string>;
  /** A broken link counts as a file, so that it is reported as unreadable. */
  files: string[];
  /** Folders whose names are not UTF-8, as far as they can be shown. */
  illegible: string[];
}

/** What macOS, Synology and Windows put beside the files of their users. */
const systemFolders = new Set([
  '__MACOSX',
  '@eaDir',
  '#recycle',
  '$RECYCLE.BIN',
  'System Volume Information',
  'lost+found',
]);

/**
 * What is in a folder; hidden and system names, and names that are not UTF-8, are left out and noted.
 * @param shown the folder's name in notes, '' for none
 * @throws ThawError ERR_DATA_NOT_FOUND, ERR_DATA_UNREADABLE
 */
export async function folderContent(directory: string, shown: string, notes: Notes): Promise<FolderContent> {
  const content: FolderContent = { folders: [], links: new Set(), files: [], illegible: [] };
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (const entry of await read(directory)) {
    const isLink = entry.isSymbolicLink();
    const name = decoded(entry.name, strict);
    const text = name ?? entry.name.toString('utf8');
    const example = shown === '' ? text : `${shown}/${text}`;
    if (text.startsWith('.')) {
      notes.leaveOut('hidden', 'hidden file or folder', example);
      continue;
    }
    const isFolder = entry.isDirectory() || (isLink && (await leadsToFolder(directory, entry.name)));
    if (name === undefined) {
      if (isFolder) content.illegible.push(text);
      notes.leaveOut('name', isFolder ? 'folder' : 'file', example);
    } else if (isFolder && systemFolders.has(name)) {
      notes.leaveOut('system', 'system folder', example);
    } else if (isFolder) {
      content.folders.push(name);
    } else {
      content.files.push(name);
    }
    if (isLink) content.links.add(text);
  }
  content.folders.sort(compareCodePoints);
  content.files.sort(compareCodePoints);
  return content;
}

// As bytes: Node puts U+FFFD into a name that is not UTF-8, and then finds no file of that name.
async function read(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    throw unreadable(directory, error);
  }
}

function decoded(name: Buffer, strict: TextDecoder): string | undefined {
  try {
    return strict.decode(name);
  } catch {
    return undefined;
  }
}

async function leadsToFolder(directory: string, name: Buffer): Promise<boolean> {
  try {
    return (await stat(Buffer.concat([Buffer.from(`${directory}/`), name]))).isDirectory();
  } catch {
    return false;
  }
}

/** The sentence for a folder or listing that cannot be read. */
export function unreadable(path: string, error: unknown): ThawError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new ThawError('ERR_DATA_NOT_FOUND', `${path} does not exist.`);
  if (code === 'ENOTDIR') return new ThawError('ERR_DATA_NOT_FOUND', `${path} is not a folder.`);
  return new ThawError('ERR_DATA_UNREADABLE', `${path} cannot be read: ${reasonOf(error)}.`, {
    cause: error,
  });
}
