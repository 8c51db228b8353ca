import type { Architecture } from '../network/architecture.ts';
import { type LoadOptions, loadResNet } from './load.ts';
import type { ResNet } from './resnet.ts';

export { loadResNet };

/** `ResNet50.load({ weights: 'imagenet' })` and its kin: see `LoadOptions`. */
interface Network {
  /** @throws ThawError as `loadResNet` */
  load(options?: LoadOptions): Promise<ResNet>;
}

function network(architecture: Architecture): Network {
  return { load: (options) => loadResNet(architecture, options) };
}

export const ResNet18 = network('resnet18');
export const ResNet34 = network('resnet34');
export const ResNet50 = network('resnet50');
export const ResNet101 = network('resnet101');
export const ResNet152 = network('resnet152');
export const ResNeXt50 = network('resnext50_32x4d');
export const ResNeXt101 = network('resnext101_32x8d');
export const WideResNet50 = network('wide_resnet50_2');
export const WideResNet101 = network('wide_resnet101_2');
