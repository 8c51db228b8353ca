import { ThawError } from '../errors.ts';
import { invalid, shortened } from '../validate.ts';

/** The group that each name's first pair of parentheses in `pattern` takes. @throws ThawError ERR_INVALID_ARGUMENT */
export function groupsOf(names: readonly string[], pattern: RegExp | string): string[] {
  const regexp = asPattern(pattern);
  return names.map((name) => {
    const group = regexp.exec(name)?.[1];
    if (group !== undefined) return group;
    const without = names.filter((other) => regexp.exec(other)?.[1] === undefined).length;
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `groupBy finds no group in '${shortened(name)}' (nor in ${without - 1} others of ${names.length}).`,
    );
  });
}

function asPattern(pattern: RegExp | string): RegExp {
  let regexp: RegExp;
  try {
    // Without the flags that make a pattern remember where it was.
    regexp =
      typeof pattern === 'string'
        ? new RegExp(pattern)
        : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  } catch (error) {
    throw new ThawError('ERR_INVALID_ARGUMENT', `groupBy is no pattern: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  // An alternative that is empty matches everything, and tells how many groups there are.
  const groups = (new RegExp(`${regexp.source}|`, regexp.flags).exec('')?.length ?? 1) - 1;
  if (groups > 0) return regexp;
  throw invalid('groupBy', 'a pattern with the group in parentheses, such as (patient\\d+)', regexp.source);
}
