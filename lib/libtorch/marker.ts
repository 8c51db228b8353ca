import os from 'node:os';

/**
 * Whether a requirement's environment marker (PEP 508) holds on this machine. Only what says for which
 * machine and for which extra a wheel is meant is decided; any other comparison counts as true, since a
 * wheel too many does no harm and one too few does.
 */
export function markerHolds(marker: string, extras: ReadonlySet<string>): boolean {
  const tokens = marker.match(/'[^']*'|"[^"]*"|[()]|[=!<>~]=?=?|not in\b|[\w.]+/g) ?? [];
  let position = 0;

  const or = (): boolean => {
    let value = and();
    while (tokens[position] === 'or') {
      position++;
      const right = and();
      value = value || right;
    }
    return value;
  };
  const and = (): boolean => {
    let value = comparison();
    while (tokens[position] === 'and') {
      position++;
      const right = comparison();
      value = value && right;
    }
    return value;
  };
  const comparison = (): boolean => {
    if (tokens[position] === '(') {
      position++;
      const value = or();
      position++;
      return value;
    }
    const [left = '', operator = '', right = ''] = tokens.slice(position, position + 3);
    position += 3;
    return compare(left, operator, right, extras);
  };
  return tokens.length === 0 || or();
}

const MACHINE: Readonly<Record<string, string>> = {
  platform_system: 'Linux',
  sys_platform: 'linux',
  os_name: 'posix',
  platform_machine: os.machine(),
};

function compare(left: string, operator: string, right: string, extras: ReadonlySet<string>): boolean {
  const [name, literal] = isLiteral(left) ? [right, unquote(left)] : [left, unquote(right)];
  if (operator !== '==' && operator !== '!=') return true;
  if (name === 'extra') return extras.has(literal) === (operator === '==');
  const value = MACHINE[name];
  return value === undefined || (value === literal) === (operator === '==');
}

function isLiteral(token: string): boolean {
  return /^['"]/.test(token);
}

function unquote(token: string): string {
  return isLiteral(token) ? token.slice(1, -1) : token;
}
