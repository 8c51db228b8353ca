import { clamp, type Kind } from './patterns.ts';
import { Random } from './random.ts';

/** RGB rows, 0..255. */
export interface DrawnImage {
  rgb: Uint8Array;
  height: number;
  width: number;
}

// Taken out of Math once: looking a global up for every point is what takes the time, above all under Jest.
const { atan2, sin, sqrt } = Math;

type Colour = readonly [number, number, number];

/**
 * Draws a patterned thing somewhere in front of a background, with light, shadow and grain as in a photograph.
 * Everything but the kind of pattern is drawn from `seed`: size, colours, direction, place, outline, brightness.
 */
export function drawImage({ makePattern, hue }: Kind, seed: number): DrawnImage {
  const random = new Random(seed);
  const width = random.integer(88, 128);
  const height = random.integer(88, 128);
  const pattern = makePattern(random);
  const period = random.between(9, 17);
  const angle = random.between(0, 2 * Math.PI);
  const across = Math.cos(angle) / period;
  const along = Math.sin(angle) / period;
  const [first, second] = twoColours(random, hue + 45 * random.normal());
  const ground = colour(random);
  const horizon = colour(random);
  const outline = blob(random, width, height);
  const lightX = random.between(-0.35, 0.35);
  const lightY = random.between(-0.35, 0.35);
  const exposure = random.between(0.75, 1.15);
  const grain = random.between(6, 18);

  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = outline(x, y);
      const amount = pattern(x * across - y * along, x * along + y * across);
      const depth = y / height;
      const shade = exposure * (1 + lightX * (x / width - 0.5) + lightY * (depth - 0.5));
      const noise = random.normal() * grain;
      for (let c = 0; c < 3; c++, i++) {
        const behind = mix(horizon[c] ?? 0, ground[c] ?? 0, depth);
        const thing = mix(first[c] ?? 0, second[c] ?? 0, amount);
        rgb[i] = mix(behind, thing, inside) * shade + noise;
      }
    }
  }
  return { rgb: new Uint8Array(rgb.buffer), height, width };
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
    const angle = atan2(y - centreY, x - centreX);
    const reach = radius * (1 + wobble * sin(lobes * angle + phase));
    return clamp(0.5 + (reach - sqrt((x - centreX) ** 2 + (y - centreY) ** 2)) / 2);
  };
}

function colour(random: Random): Colour {
  return [random.between(20, 235), random.between(20, 235), random.between(20, 235)];
}

/** One colour of that hue and any other that differs enough in brightness to be told apart under the grain. */
function twoColours(random: Random, hue: number): [Colour, Colour] {
  for (;;) {
    const pair: [Colour, Colour] = [
      ofHue(hue, random.between(0.5, 1), random.between(90, 240)),
      colour(random),
    ];
    if (Math.abs(brightness(pair[0]) - brightness(pair[1])) > 45) return pair;
  }
}

/** From hue (degrees), saturation (0 to 1) and value (0 to 255). */
function ofHue(hue: number, saturation: number, value: number): Colour {
  const channel = (offset: number) => {
    const position = (((offset + hue / 60) % 6) + 6) % 6;
    return value * (1 - saturation * clamp(Math.min(position, 4 - position)));
  };
  return [channel(5), channel(3), channel(1)];
}

function brightness([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
