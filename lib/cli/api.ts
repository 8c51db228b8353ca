import type { Digests } from '../check/same-image.ts';
import type { Dataset } from '../data/dataset.ts';
import type { WriteImage } from '../demo/demo-set.ts';
import type { LoadOptions } from '../model/load.ts';
import type { ResNet } from '../model/resnet.ts';
import type { NativeExamined } from '../native-run.ts';
import type { Architecture } from '../network/architecture.ts';
import type { reading } from '../options/run.ts';
import type { Given } from '../options/table.ts';

/**
 * The part of the library that needs the native addon. The commands get it from their context, after their
 * arguments have been read: `--help` and unusable arguments never load it, and tests pass a model of their own.
 */
export interface CommandApi {
  load(architecture: Architecture | undefined, options: LoadOptions): Promise<CommandModel>;
  writeImage: WriteImage;
  digests: Digests;
  /** Reads every image, without a network. */
  examine(images: Dataset, options: Given<typeof reading>): Promise<NativeExamined>;
  /** A small picture of an image as a JPEG file. */
  thumbnail(path: string, side: number): Promise<Uint8Array>;
}

export type CommandModel = Pick<
  ResNet,
  | 'architecture'
  | 'classes'
  | 'inputShape'
  | 'layers'
  | 'replaceHead'
  | 'freeze'
  | 'unfreeze'
  | 'countParams'
  | 'summary'
  | 'compile'
  | 'fit'
  | 'evaluate'
  | 'predict'
  | 'examine'
  | 'save'
  | 'dispose'
>;
