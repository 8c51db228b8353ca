const { imul } = Math;
const scale = Math.sqrt(3 / 4);

/** Numbers that repeat with their seed: mulberry32, a 32-bit counter hashed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [minimum, maximum). */
  between(minimum: number, maximum: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let hash = this.#state;
    hash = imul(hash ^ (hash >>> 15), hash | 1);
    hash ^= hash + imul(hash ^ (hash >>> 7), hash | 61);
    return minimum + (((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32) * (maximum - minimum);
  }

  integer(minimum: number, maximum: number): number {
    return Math.floor(this.between(minimum, maximum + 1));
  }

  /** Roughly normal, mean 0, deviation 1: the sum of four uniform numbers. */
  normal(): number {
    const sum = this.between(-1, 1) + this.between(-1, 1) + this.between(-1, 1) + this.between(-1, 1);
    return sum * scale;
  }
}
