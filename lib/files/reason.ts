import { getSystemErrorMap } from 'node:util';

/** Words for what people meet; the others are the system's own. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file of that name is in the way',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  EIO: 'the disk reports an error',
};

/** Why the system refused a file or folder, without Node's names of calls and paths: `permission denied`. */
export function systemReason(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException;
  const known = words[code ?? ''] ?? (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]);
  return known ?? message ?? String(error);
}
