/** A string, or a number outside of one. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * A line of JSON, where whole numbers that a double does not hold exactly (beyond 2^53) are their digits, as text: as
 * labels they stay apart.
 * @throws SyntaxError
 */
export function parseJsonLine(line: string): unknown {
  const value: unknown = JSON.parse(line);
  if (!/\d{16}/.test(line)) return value;
  return JSON.parse(
    line.replaceAll(tokens, (token) =>
      /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
    ),
  );
}
