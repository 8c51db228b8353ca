import type { Packing } from './manifest.ts';

/** The values of a weight's bytes, which are little-endian and its own. */
export function unpacked(bytes: Uint8Array<ArrayBuffer>, packing: Packing): Float32Array {
  switch (packing.dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'float16':
      return Float32Array.from(new Uint16Array(bytes.buffer), half);
    case 'uint8':
    case 'uint16': {
      const stored = packing.dtype === 'uint8' ? bytes : new Uint16Array(bytes.buffer);
      return Float32Array.from(stored, (value) => value * packing.scale + packing.min);
    }
  }
}

/** IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}
