import { fromHalves } from '../half.ts';
import type { Packing } from './manifest.ts';

/** The values of a weight's bytes, which are little-endian and its own. */
export function unpacked(bytes: Uint8Array<ArrayBuffer>, packing: Packing): Float32Array {
  switch (packing.dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'float16':
      return fromHalves(new Uint16Array(bytes.buffer));
    case 'uint8':
    case 'uint16': {
      const stored = packing.dtype === 'uint8' ? bytes : new Uint16Array(bytes.buffer);
      return Float32Array.from(stored, (value) => value * packing.scale + packing.min);
    }
  }
}
