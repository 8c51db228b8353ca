import type { ModelFile } from './model-file.ts';
import { type FileFormat, formatFor, type SaveOptions } from './write.ts';

/** Files of others: what takes long in JavaScript. All that goes in and comes out is plain data. */
export const JOBS = {
  readKeras: async (path: string): Promise<ModelFile> => (await import('./keras/read.ts')).readKeras(path),
  readTfjs: async (path: string): Promise<ModelFile> => (await import('./tfjs/read.ts')).readTfjs(path),
  write: (file: string, model: ModelFile, options: SaveOptions): Promise<void> =>
    (formatFor(file, options) as FileFormat).write(file, model, options),
};

export type JobName = keyof typeof JOBS;

/** The memory of a model's tensors among the values, which may then be moved to another thread. */
export function memoryOf(values: readonly unknown[]): ArrayBuffer[] {
  const models = values.filter(
    (value): value is ModelFile => !!value && typeof value === 'object' && 'tensors' in value,
  );
  const buffers = models.flatMap(({ tensors }) =>
    Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer),
  );
  return [...new Set(buffers)];
}
