/** What is wrong with a file's content, as the end of a sentence that begins with the file's name. */
export class FormatError extends Error {}

/** A name from a file as messages show it: one line, and no longer than a line. */
export function quoted(name: unknown): string {
  const text = typeof name === 'string' ? JSON.stringify(name) : `a ${typeof name}`;
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}
