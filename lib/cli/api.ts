import type { WriteImage } from '../demo/demo-set.ts';
import type { LoadOptions } from '../model/load.ts';
import type { ResNet } from '../model/resnet.ts';
import type { Architecture } from '../network/architecture.ts';

/**
 * The part of the library that needs the native addon. The commands get it from their context, after their
 * arguments have been read: `--help` and unusable arguments never load it, and tests pass a model of their own.
 */
export interface CommandApi {
  load(architecture: Architecture | undefined, options: LoadOptions): Promise<CommandModel>;
  writeImage: WriteImage;
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
  | 'save'
  | 'dispose'
>;
