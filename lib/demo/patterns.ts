import type { Random } from './random.ts';

const { max, min, PI, round, sin, sqrt } = Math;

/**
 * A pattern tells for a point (in periods of the pattern) how much of the second colour it has, from 0 to 1.
 */
export type Pattern = (x: number, y: number) => number;

/**
 * A class of the drawn set. Its pattern makes it what it is; its colour is a hint that often misleads, so that a
 * network with random weights gets somewhere in a minute and one that knows textures gets further.
 */
export interface Kind {
  /** Degrees on the colour circle around which the pattern's first colour is drawn. */
  hue: number;
  makePattern(random: Random): Pattern;
}

export const kinds: Readonly<Record<string, Kind>> = {
  checks: {
    hue: 30,
    makePattern: () => (x, y) => edge(sin(PI * x) * sin(PI * y)),
  },
  dots: {
    hue: 150,
    makePattern(random) {
      const radius = random.between(0.26, 0.36);
      return (x, y) => edge((radius - sqrt((x - round(x)) ** 2 + (y - round(y)) ** 2)) * 3);
    },
  },
  stripes: {
    hue: 270,
    makePattern(random) {
      const share = random.between(-0.3, 0.3);
      const wave = random.between(0, 0.15);
      return (x, y) => edge(sin(2 * PI * (x + wave * sin(y))) + share);
    },
  },
};

/** A soft step from 0 to 1 around zero, so that no edge is jagged. */
function edge(value: number): number {
  return clamp(0.5 + value * 2.5);
}

/** Into 0 to 1. */
export function clamp(value: number): number {
  return min(1, max(0, value));
}
