import { markerHolds } from './marker.ts';

/** One wheel that another one needs. */
export interface Requirement {
  readonly name: string;
  /** `==13.1.1.3.*`, `<14,>=13.0.88`, or empty. */
  readonly specifier: string;
  readonly extras: readonly string[];
}

/**
 * The CUDA libraries among the requirements in a wheel's METADATA: the `nvidia-*` wheels, and the
 * metapackage `cuda-toolkit`, whose extras name further ones. What else torch needs is Python's.
 */
export function cudaRequirements(metadata: string, extras: readonly string[] = []): Requirement[] {
  const found: Requirement[] = [];
  for (const line of headers(metadata)) {
    const requirement = /^Requires-Dist:\s*([\w.-]+)\s*(?:\[([^\]]*)\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$/.exec(
      line,
    );
    if (!requirement) continue;
    const [, name = '', wanted = '', specifier = '', marker = ''] = requirement;
    const normal = normalName(name);
    if (!normal.startsWith('nvidia-') && normal !== 'cuda-toolkit') continue;
    if (!markerHolds(marker, new Set(extras))) continue;
    const list = wanted.split(',').map((extra) => extra.trim());
    found.push({ name: normal, specifier: specifier.replaceAll(' ', ''), extras: list.filter(Boolean) });
  }
  return found;
}

/** PyPI's normal form of a name: `nvidia_cudnn_cu13` is `nvidia-cudnn-cu13`. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The header lines of METADATA: the description after the first empty line may hold anything. */
function headers(metadata: string): string[] {
  return (metadata.split(/\r?\n\r?\n/, 1)[0] ?? '').split(/\r?\n/);
}
