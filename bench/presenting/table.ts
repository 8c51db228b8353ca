/** Lines of cells with aligned columns: words to the left, numbers to the right. */
export function table(lines: readonly (readonly string[])[]): string {
  const columns = (lines[0] ?? []).map((_, column) => lines.map((line) => line[column] ?? ''));
  const widths = columns.map((cells) => Math.max(...cells.map(({ length }) => length)));
  const numeric = columns.map(isNumeric);
  const text = lines.map((line) =>
    widths
      .map((width, column) => {
        const cell = line[column] ?? '';
        return numeric[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  text.splice(1, 0, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)));
  return text.join('\n');
}

/** Most of the cells below its title begin with a digit or a sign. */
function isNumeric([, ...cells]: readonly string[]): boolean {
  return cells.filter((cell) => /^[-+±]?\d/.test(cell)).length > cells.length / 2;
}

/** The same lines as a table of Markdown, for a document. */
export function markdown([head = [], ...lines]: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) =>
    isNumeric(['', ...lines.map((line) => line[column] ?? '')]) ? '---:' : '---',
  );
  return [
    row(head),
    row(rule),
    ...lines.map((line) => row(head.map((_, column) => line[column] ?? ''))),
  ].join('\n');
}
