/** The largest difference of two lists of numbers, as a share of the largest of `reference`. */
export function largestDifference(actual: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (actual.length !== reference.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  for (let index = 0; index < reference.length; index++) {
    const wanted = reference[index] as number;
    const apart = Math.abs((actual[index] as number) - wanted);
    // NaN is as wrong as can be, and must not be lost in a maximum.
    difference = apart <= difference ? difference : Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
    largest = Math.max(largest, Math.abs(wanted));
  }
  return largest === 0 ? Number.POSITIVE_INFINITY : difference / largest;
}

/** The largest difference of a number from its reference, relative to that; infinite where one is NaN or missing. */
export function farthest(actual: readonly number[], reference: readonly number[]): number {
  if (actual.length !== reference.length) return Number.POSITIVE_INFINITY;
  const apart = actual.map((value, i) => Math.abs(value / (reference[i] as number) - 1));
  return apart.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(...apart);
}
