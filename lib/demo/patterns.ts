import type { Random } from './random.ts';

/**
 * A pattern tells for a point (in periods of the pattern) how much of the second colour it has, from 0 to 1.
 * The class of a drawn image is its pattern; colour, size, direction and place say nothing about it.
 */
export type Pattern = (x: number, y: number) => number;

/** The classes of the drawn set. */
export const patterns: Readonly<Record<string, (random: Random) => Pattern>> = {
  checks: () => (x, y) => edge(Math.sin(Math.PI * x) * Math.sin(Math.PI * y)),
  dots: (random) => {
    const radius = random.between(0.26, 0.36);
    return (x, y) => edge((radius - Math.hypot(x - Math.round(x), y - Math.round(y))) * 3);
  },
  stripes: (random) => {
    const share = random.between(-0.3, 0.3);
    const wave = random.between(0, 0.15);
    return (x, y) => edge(Math.sin(2 * Math.PI * (x + wave * Math.sin(y))) + share);
  },
};

/** A soft step from 0 to 1 around zero, so that no edge is jagged. */
function edge(value: number): number {
  return Math.min(1, Math.max(0, 0.5 + value * 2.5));
}
