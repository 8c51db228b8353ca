import { expect } from '@jest/globals';
import type { ModelFile, NamedTensor } from '../../lib/formats/model-file.ts';

export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The names of the tensors that are not the same in both, bit by bit and in shape. */
export function differing(
  a: Readonly<Record<string, NamedTensor>>,
  b: Readonly<Record<string, NamedTensor>>,
): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => {
    const [left, right] = [a[name], b[name]];
    if (!left || !right || left.shape.join() !== right.shape.join()) return true;
    return Buffer.compare(bytesOf(left.data), bytesOf(right.data)) !== 0;
  });
}

/** The same network, and the same bits in every tensor. */
export function expectSame(actual: ModelFile, wanted: ModelFile): void {
  expect(actual.description).toEqual(wanted.description);
  expect(differing(actual.tensors, wanted.tensors)).toEqual([]);
}
