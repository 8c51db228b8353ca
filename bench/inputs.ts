import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { packageRoot } from '../lib/files/package-root.ts';
import { cachedWeights } from '../lib/weights/cached.ts';
import { drawImages } from './measuring/drawn.ts';
import { copyImages } from './measuring/subset.ts';
import type { BenchOptions } from './options.ts';
import type { Context, Note } from './scenario.ts';

/** As many as the photographs that the published numbers were measured with. */
const DRAWN = { train: 800, validation: 341 } as const;
const QUICK = { train: 20, validation: 10 } as const;
/** Of a photograph: decoding takes its time by the pixels. */
const DRAWN_SIZE = [400, 533] as const;

/** Where images and weights come from: named, or drawn and from the cache. */
export function inputs(options: BenchOptions, folder: string, note: Note): Pick<Context, 'data' | 'weights'> {
  const prepared = new Map<string, Promise<string>>();
  const prepare = async (part: 'train' | 'validation'): Promise<string> => {
    if (options.data !== undefined) {
      const source = path.resolve(there('--data', path.join(options.data, part)));
      return options.quick ? copyImages(source, path.join(folder, `quick-${part}`), QUICK[part]) : source;
    }
    const count = (options.quick ? QUICK : DRAWN)[part];
    const drawn = path.join(packageRoot(), 'bench/work', `drawn-${part}-${count}`);
    if (existsSync(drawn)) return drawn;
    note(`drawing ${count} images, as there is no --data`);
    // Whole or not at all: an interrupted drawing must not pass for the set.
    await rm(`${drawn}.part`, { recursive: true, force: true });
    await rename(await drawImages(`${drawn}.part`, count, DRAWN_SIZE), drawn);
    return drawn;
  };
  return {
    data: (part) => {
      const promise = prepared.get(part) ?? prepare(part);
      prepared.set(part, promise);
      return promise;
    },
    weights: () => {
      if (options.weights !== undefined) return path.resolve(there('--weights', options.weights));
      const cached = cachedWeights('resnet50');
      if (cached !== undefined) return cached;
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        'There are no ImageNet weights: fetch them with `npm run fetch-weights`, or name a file with --weights.',
      );
    },
  };
}

function there(flag: string, file: string): string {
  if (existsSync(file)) return file;
  const message = `There is nothing at ${file}, where ${flag} points; see --help.`;
  throw new ThawError('ERR_INVALID_ARGUMENT', message);
}
