import { existsSync } from 'node:fs';
import path from 'node:path';
import { unusable } from '../lib/options/arguments.ts';
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
    const own = path.join(folder, part);
    const count = (options.quick ? QUICK : DRAWN)[part];
    if (options.data !== undefined) {
      const source = path.resolve(there('--data', path.join(options.data, part)));
      return options.quick ? copyImages(source, own, count) : source;
    }
    note(`drawing ${count} images, as there is no --data`);
    return drawImages(own, count, DRAWN_SIZE);
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
      throw unusable(
        'There are no ImageNet weights: fetch them with `npm run fetch-weights`, or name a file with --weights.',
      );
    },
  };
}

function there(flag: string, file: string): string {
  if (existsSync(file)) return file;
  throw unusable(`There is nothing at ${file}, where ${flag} points; see --help.`);
}
