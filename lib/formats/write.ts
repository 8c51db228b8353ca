import { ThawError } from '../errors.ts';
import type { save } from '../options/load.ts';
import type { Given } from '../options/table.ts';
import type { ModelFile } from './model-file.ts';

/** For formats that leave a choice. */
export type SaveOptions = Given<typeof save>;

type Format =
  | { suffix: string; title: string; native: 'safetensors' | 'torchscript' | 'pytorch' }
  | FileFormat;

/** One that is written in JavaScript. */
export interface FileFormat {
  suffix: string;
  title: string;
  /** Whether it has a choice of `layout`. */
  layouts?: true;
  write: (file: string, model: ModelFile, options: SaveOptions) => Promise<void>;
}

const keras = {
  layouts: true,
  write: async (file: string, model: ModelFile, { layout }: SaveOptions) =>
    (await import('./keras/write.ts')).writeKeras(file, model, layout),
} as const;

/** By the end of the name; the first that fits. */
export const FORMATS: readonly Format[] = [
  { suffix: '.safetensors', title: 'safetensors', native: 'safetensors' },
  { suffix: '.pt', title: 'TorchScript', native: 'torchscript' },
  { suffix: '.ts', title: 'TorchScript', native: 'torchscript' },
  { suffix: '.pth', title: 'PyTorch state dict', native: 'pytorch' },
  { suffix: '.keras', title: 'Keras', ...keras },
  { suffix: '.weights.h5', title: 'Keras weights', ...keras },
  { suffix: '.h5', title: 'Keras, older layout', ...keras },
  {
    suffix: '.onnx',
    title: 'ONNX',
    write: async (file, model, { onnxInput }) =>
      (await import('./onnx/write.ts')).writeOnnx(file, model, { input: onnxInput ?? 'float32' }),
  },
  {
    suffix: 'model.json',
    title: 'TensorFlow.js',
    write: async (file, model) => (await import('./tfjs/write.ts')).writeTfjs(file, model),
  },
];

/** @throws ThawError ERR_UNKNOWN_FORMAT, ERR_INVALID_ARGUMENT where it has no such layout */
export function formatFor(
  file: string,
  { layout = 'flat', includeOptimizer = false }: SaveOptions = {},
): Format {
  const format = FORMATS.find(({ suffix }) => file.endsWith(suffix));
  if (!format) {
    const known = FORMATS.map(({ suffix, title }) => `${suffix} (${title})`).join(', ');
    throw new ThawError('ERR_UNKNOWN_FORMAT', `The format of '${file}' is not known; names end in ${known}.`);
  }
  if (layout === 'nested' && !('layouts' in format)) {
    const known = FORMATS.flatMap((each) => ('layouts' in each ? each.suffix : [])).join(', ');
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `The layout 'nested' is one of Keras' files (${known}); '${file}' is none.`,
    );
  }
  if (includeOptimizer && !('native' in format && format.native === 'safetensors')) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `The state of the optimizer has a place in .safetensors files alone; '${file}' is none.`,
    );
  }
  return format;
}
