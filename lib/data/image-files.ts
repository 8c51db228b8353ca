import { constants, open } from 'node:fs/promises';
import { join } from 'node:path';
import { READ_EXTENSIONS } from '../options/data.ts';
import { invalid } from '../validate.ts';
import type { Notes } from './left-out.ts';
import { beginsAs, sniffedBytes } from './sniff.ts';

/** Images, but none that libvips as it is built here reads. */
const unreadFormats = new Set(
  'heic heif hif jxl jp2 j2k jpx jpf psd svg ico exr hdr dng cr2 cr3 nef arw orf rw2 raf raw'.split(' '),
);

/** Tells which files are images; the others are left out and noted. */
export type ImageTest = (directory: string, file: string, shown: string, notes: Notes) => Promise<boolean>;

/**
 * By ending; of a file without one by its first bytes, unless `extensions` say what is an image. What cannot be opened
 * is taken for an image, so that it is reported with those that cannot be read.
 * @throws ThawError ERR_INVALID_ARGUMENT for no extensions
 */
export function imageTest(extensions: readonly string[] | undefined): ImageTest {
  if (extensions?.length === 0) throw invalid('extensions', 'a list of file extensions', extensions);
  const wanted = new Set(
    (extensions ?? READ_EXTENSIONS).map((extension) => extension.toLowerCase().replace(/^\./, '')),
  );
  return async (directory, file, shown, notes) => {
    const own = extensionOf(file);
    const extension = own === '' && !extensions ? await beginning(join(directory, file)) : own;
    if (extension === undefined || wanted.has(extension)) return true;
    const what = extension === '' ? 'file without an ending' : `.${extension} file`;
    if (extensions) notes.leaveOut('extensions', what, shown);
    else notes.leaveOut(unreadFormats.has(extension) ? 'format' : 'ending', what, shown);
    return false;
  };
}

/** Lower case, without the dot; '' for none. */
export function extensionOf(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** The extension that the first bytes stand for, '' for those of no image, undefined where they cannot be read. */
async function beginning(path: string): Promise<string | undefined> {
  try {
    // A pipe would keep its reader waiting.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffedBytes), 0, sniffedBytes, 0);
      return beginsAs(buffer.subarray(0, bytesRead)) ?? '';
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
