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

/**
 * Why something failed that others threw, as a clause for a sentence of ours: without Node's code, call and path
 * (`ENOENT: no such file or directory, open '...'`), one line, no full stop.
 */
export function reasonOf(error: unknown): string {
  const { code, errno, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const [, system] = (typeof errno === 'number' && getSystemErrorMap().get(errno)) || [];
  const text = words[code ?? ''] ?? system ?? (typeof message === 'string' ? message : String(error));
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  return line.trim().replace(/\.$/, '') || 'no reason is given';
}
