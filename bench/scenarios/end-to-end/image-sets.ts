import path from 'node:path';
import { copyShare, countImages } from '../../measuring/subset.ts';
import type { Context } from '../../scenario.ts';

export interface ImageSet {
  readonly train: string;
  readonly validation: string;
  /** Images of the whole over images here. */
  readonly scale: number;
}

/** The photographs, and even parts of them for what is too slow for all. */
export class ImageSets {
  readonly #context: Context;
  readonly #made = new Map<number, Promise<ImageSet>>();

  constructor(context: Context) {
    this.#context = context;
  }

  get(share: number): Promise<ImageSet> {
    const set = this.#made.get(share) ?? this.#make(share);
    this.#made.set(share, set);
    return set;
  }

  async counts(): Promise<{ train: number; validation: number }> {
    const { train, validation } = await this.get(1);
    return { train: await countImages(train), validation: await countImages(validation) };
  }

  async #make(share: number): Promise<ImageSet> {
    const { data, folder } = this.#context;
    const all = {
      train: path.resolve(await data('train')),
      validation: path.resolve(await data('validation')),
    };
    if (share === 1) return { ...all, scale: 1 };
    const target = path.join(folder, `share-${share}`);
    const train = await copyShare(all.train, path.join(target, 'train'), share);
    const validation = await copyShare(all.validation, path.join(target, 'validation'), share);
    const whole = (await countImages(all.train)) + (await countImages(all.validation));
    const part = (await countImages(train)) + (await countImages(validation));
    return { train, validation, scale: whole / part };
  }
}
