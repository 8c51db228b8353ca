import { type ErrorCode, ThawError } from '../errors.ts';

/** Refuses a file that is not what its format says. `problem` ends the sentence, without a full stop. */
export function damaged(origin: string, problem: string, cause?: unknown): ThawError {
  return refused('ERR_WEIGHTS_FORMAT', `${origin} cannot be read: ${problem}`, cause);
}

/** Refuses a file that is whole, but holds no network that there is here. */
export function otherNetwork(origin: string, problem: string, cause?: unknown): ThawError {
  return refused('ERR_WEIGHTS_MISMATCH', `${origin} holds no network of this kind: ${problem}`, cause);
}

function refused(code: ErrorCode, sentence: string, cause: unknown): ThawError {
  return new ThawError(code, `${sentence}.`, cause === undefined ? undefined : { cause });
}

/** A name from a file as sentences show it: as it is where it is an ordinary one, else as JSON shows it. */
export function named(name: string): string {
  return /^[\w./:-]{1,60}$/.test(name) ? name : shown(name);
}

/** A value from a file as sentences show it: on one line that is no longer than a line, whatever it is. */
export function shown(value: unknown, depth = 0): string {
  if (Array.isArray(value)) {
    if (depth > 2 || value.length > 8) return '[...]';
    return `[${value.map((item) => shown(item, depth + 1)).join()}]`;
  }
  if (typeof value === 'object' && value !== null) return '{...}';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}
