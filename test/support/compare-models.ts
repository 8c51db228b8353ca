import { expect } from '@jest/globals';
import type { ModelFile } from '../../lib/formats/model-file.ts';

export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The same network, and the same bits in every tensor. */
export function expectSame(actual: ModelFile, wanted: ModelFile): void {
  expect(actual.description).toEqual(wanted.description);
  expect(shapesOf(actual)).toEqual(shapesOf(wanted));
  const different = Object.entries(wanted.tensors).filter(([name, { data }]) =>
    Buffer.compare(bytesOf(actual.tensors[name]?.data ?? new Float32Array()), bytesOf(data)),
  );
  expect(different.map(([name]) => name)).toEqual([]);
}

function shapesOf({ tensors }: ModelFile): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
}
