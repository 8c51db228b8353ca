import { getSystemErrorMap } from 'node:util';

/**
 * Why something failed that others threw, as a clause for a sentence of ours: without Node's code, call and path
 * (`ENOENT: no such file or directory, open '...'`), one line, no full stop.
 */
export function reasonOf(error: unknown): string {
  const { errno, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const [, system] = (typeof errno === 'number' && getSystemErrorMap().get(errno)) || [];
  const text = system ?? (typeof message === 'string' ? message : String(error));
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  return line.trim().replace(/\.$/, '') || 'no reason is given';
}
