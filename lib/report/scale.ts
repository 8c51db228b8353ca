/** Round numbers, about `count` of them, that span [minimum, maximum]: steps of 1, 2 or 5 times a power of ten. */
export function ticks(minimum: number, maximum: number, count: number): number[] {
  const span = maximum - minimum || Math.abs(maximum) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.floor(minimum / step + 1e-9);
  const last = Math.ceil(maximum / step - 1e-9);
  return Array.from({ length: Math.max(last, first + 1) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

/** Whole epochs to label under a curve: at most `count`, the first and the last among them. */
export function epochTicks(epochs: number, count: number): number[] {
  if (epochs <= count) return Array.from({ length: epochs }, (_, i) => i + 1);
  const step =
    [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000].find((s) => epochs / s <= count) ??
    Math.ceil(epochs / count);
  const marks = [1];
  for (let epoch = step; epoch <= epochs; epoch += step) if (epoch > 1) marks.push(epoch);
  if (epochs - (marks.at(-1) ?? 1) >= step / 2) marks.push(epochs);
  return marks;
}
