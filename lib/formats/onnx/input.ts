import type { NativePreprocessing } from '../../native.ts';
import { type Builder, int, ints } from './builder.ts';
import { BATCH, DATA_TYPE, type Port } from './proto.ts';

export const INPUTS = ['float32', 'uint8'] as const;
export type Input = (typeof INPUTS)[number];

export function inputPort({ height, width }: NativePreprocessing, input: Input): Port {
  return input === 'uint8'
    ? { name: 'image', type: 'uint8', dims: [BATCH, height, width, 3] }
    : { name: 'input', type: 'float32', dims: [BATCH, 3, height, width] };
}

/** The name of what the first layer takes: the input itself, or its pixels normalised. */
export function addInput(builder: Builder, preprocessing: NativePreprocessing, input: Input): string {
  const { mean, std } = preprocessing;
  const { name } = inputPort(preprocessing, input);
  if (input === 'float32') return name;

  const constant = (of: string, numbers: number[]) =>
    builder.constant(of, [numbers.length, 1, 1], Float32Array.from(numbers));
  // Turned round while they are bytes: a quarter of the memory.
  const planes = builder.node('Transpose', 'planes', [name], [ints('perm', [0, 3, 1, 2])]);
  const floats = builder.node('Cast', 'floats', [planes], [int('to', DATA_TYPE.float32)]);
  const pixelMean = constant(
    'pixel_mean',
    mean.map((value) => value * 255),
  );
  const centred = builder.node('Sub', 'centred', [floats, pixelMean]);
  const pixelScale = constant(
    'pixel_scale',
    std.map((value) => 1 / (value * 255)),
  );
  return builder.node('Mul', 'normalised', [centred, pixelScale]);
}
