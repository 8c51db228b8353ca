import { createHash } from 'node:crypto';

/**
 * Orders strings by Unicode code point, as Python's `sorted` does; so that class indices agree with
 * torchvision's and Keras'. JavaScript's own order is by UTF-16 unit, which puts emoji before U+E000..U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves the surrogates above the rest of the basic plane, keeping everything else in order. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** The numbers below `count` in a random order, the same one for the same seed (Fisher and Yates). */
export function permutation(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  const random = randomWords(seed);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((random.next().value / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** 32 bits each, without an end. */
function* randomWords(seed: number): Generator<number, never> {
  for (let block = 0; ; block++) {
    const digest = createHash('sha256').update(`${seed}\0${block}`).digest();
    for (let i = 0; i < digest.length; i += 4) yield digest.readUInt32LE(i);
  }
}
