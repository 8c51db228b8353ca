import { ThawError } from '../errors.ts';
import { ARCHITECTURES, type Architecture } from '../network/architecture.ts';
import { oneOf } from '../validate.ts';

export type { Architecture };

/**
 * torchvision's names: V1 is the classic training; V2 the newer, heavily regularised one, which is better
 * on ImageNet itself and worse as frozen features (Kornblith et al., 2021), hence not the default.
 */
export type WeightsVersion = 'V1' | 'V2';

/** torchvision's weight files: the eight digits are the first of the file's SHA-256. */
const FILES: Readonly<Record<Architecture, Partial<Record<WeightsVersion, string>>>> = {
  resnet18: { V1: 'resnet18-f37072fd.pth' },
  resnet34: { V1: 'resnet34-b627a593.pth' },
  resnet50: { V1: 'resnet50-0676ba61.pth', V2: 'resnet50-11ad3fa6.pth' },
  resnet101: { V1: 'resnet101-63fe2227.pth' },
  resnet152: { V1: 'resnet152-394f9c45.pth' },
  resnext50_32x4d: { V1: 'resnext50_32x4d-7cdf4587.pth' },
  resnext101_32x8d: { V1: 'resnext101_32x8d-8ba56ff5.pth' },
  wide_resnet50_2: { V1: 'wide_resnet50_2-95faca4d.pth' },
  wide_resnet101_2: { V1: 'wide_resnet101_2-32ee1156.pth' },
};

/** Where torchvision's files lie. */
export const WEIGHTS_ADDRESS = 'https://download.pytorch.org/models/';

/** @throws ThawError ERR_INVALID_ARGUMENT for a name or version that is not in the catalogue. */
export function weightsFile(architecture: Architecture, version: WeightsVersion = 'V1'): string {
  const versions = FILES[oneOf('the architecture', architecture, ARCHITECTURES)];
  const file = versions[oneOf('the weights version', version, ['V1', 'V2'] as const)];
  if (file) return file;
  throw new ThawError(
    'ERR_INVALID_ARGUMENT',
    `There are no ${version} weights for ${architecture} here; there are V1.`,
  );
}

/** `resnet50-0676ba61.pth` → `0676ba61`; undefined for a name that does not end so. */
export function digitsIn(fileName: string): string | undefined {
  return /-([0-9a-f]{8})\.\w+$/.exec(fileName)?.[1];
}

export interface CatalogueEntry {
  readonly architecture: Architecture;
  readonly version: WeightsVersion;
  readonly file: string;
}

export function catalogue(): CatalogueEntry[] {
  return ARCHITECTURES.flatMap((architecture) =>
    Object.entries(FILES[architecture]).map(([version, file]) => {
      return { architecture, version: version as WeightsVersion, file };
    }),
  );
}

/** The entry whose file has this SHA-256. */
export function catalogueEntry(digest: string): CatalogueEntry | undefined {
  return catalogue().find(({ file }) => digest.startsWith(digitsIn(file) ?? '-'));
}
