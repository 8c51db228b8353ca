/** A logarithmic axis that spans its values: systems differ by powers of ten. */
export interface LogAxis {
  readonly marks: readonly number[];
  /** From 0 to 1. */
  position(value: number): number;
}

/** Marks at powers of ten, and at 2 and 5 times them where there is room: `wanted` of them, about. */
export function logAxis(values: readonly number[], wanted = 8): LogAxis {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const least = positive.length > 0 ? Math.min(...positive) : 1;
  const most = positive.length > 0 ? Math.max(...positive) : 10;
  const steps = Math.log10(most / least) * 3 <= wanted ? [1, 2, 5] : [1];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(least)) - 1; power <= Math.ceil(Math.log10(most)) + 1; power++) {
    for (const step of steps) all.push(Number((step * 10 ** power).toPrecision(3)));
  }
  // From the last mark at or below the values to the first at or above them.
  const first = all.findLastIndex((mark) => mark <= least);
  const found = all.findIndex((mark) => mark >= most);
  const marks = all.slice(first, Math.max(found, first + 1) + 1);
  const low = Math.log10(marks[0] ?? 1);
  const high = Math.log10(marks.at(-1) ?? 10);
  return { marks, position: (value) => (Math.log10(value) - low) / (high - low) };
}
