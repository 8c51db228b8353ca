import type { Pattern } from './patterns.ts';
import { Random } from './random.ts';

/** RGB rows, 0..255. */
export interface DrawnImage {
  rgb: Uint8Array;
  height: number;
  width: number;
}

type Colour = readonly [number, number, number];

/**
 * Draws a patterned thing somewhere in front of a background, with light, shadow and grain as in a photograph.
 * Everything but the pattern is drawn from `seed`: size, colours, direction, place, outline, brightness.
 */
export function drawImage(makePattern: (random: Random) => Pattern, seed: number): DrawnImage {
  const random = new Random(seed);
  const width = random.integer(88, 128);
  const height = random.integer(88, 128);
  const pattern = makePattern(random);
  const period = random.between(9, 17);
  const angle = random.between(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(angle) / period, Math.sin(angle) / period];
  const [first, second] = twoColours(random);
  const ground = colour(random);
  const horizon = colour(random);
  const outline = blob(random, width, height);
  const lightX = random.between(-0.35, 0.35);
  const lightY = random.between(-0.35, 0.35);
  const exposure = random.between(0.75, 1.15);
  const grain = random.between(6, 18);

  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = outline(x, y);
      const amount = pattern(x * cos - y * sin, x * sin + y * cos);
      const depth = y / height;
      const shade = exposure * (1 + lightX * (x / width - 0.5) + lightY * (depth - 0.5));
      const noise = random.normal() * grain;
      for (let c = 0; c < 3; c++, i++) {
        const behind = mix(horizon[c] ?? 0, ground[c] ?? 0, depth);
        const thing = mix(first[c] ?? 0, second[c] ?? 0, amount);
        rgb[i] = Math.min(255, Math.max(0, mix(behind, thing, inside) * shade + noise));
      }
    }
  }
  return { rgb, height, width };
}

/** How far inside a wobbly outline a point lies, from 0 to 1. */
function blob(random: Random, width: number, height: number): (x: number, y: number) => number {
  const centreX = width * random.between(0.38, 0.62);
  const centreY = height * random.between(0.38, 0.62);
  const radius = Math.min(width, height) * random.between(0.3, 0.44);
  const lobes = random.integer(2, 6);
  const wobble = random.between(0, 0.2);
  const phase = random.between(0, 2 * Math.PI);
  return (x, y) => {
    const angle = Math.atan2(y - centreY, x - centreX);
    const reach = radius * (1 + wobble * Math.sin(lobes * angle + phase));
    return Math.min(1, Math.max(0, 0.5 + (reach - Math.hypot(x - centreX, y - centreY)) / 2));
  };
}

function colour(random: Random): Colour {
  return [random.between(20, 235), random.between(20, 235), random.between(20, 235)];
}

/** Two colours that differ enough in brightness to be told apart under the grain. */
function twoColours(random: Random): [Colour, Colour] {
  for (;;) {
    const pair: [Colour, Colour] = [colour(random), colour(random)];
    if (Math.abs(brightness(pair[0]) - brightness(pair[1])) > 45) return pair;
  }
}

function brightness([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
