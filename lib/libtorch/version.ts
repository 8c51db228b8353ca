import { ThawError } from '../errors.ts';

/** The libtorch that is fetched and tested with. The one place where the version stands. */
export const PINNED_LIBTORCH = '2.13.0';

/** The releases whose headers and behaviour the engine is known to fit. */
export const ACCEPTED_LIBTORCH = { from: '2.11', to: '2.14' } as const;

/** `2.13.0+cpu` → `2.13.0`: without the local label that names the build. */
export function release(version: string): string {
  return version.split('+', 1)[0] ?? version;
}

export function isAcceptedLibtorch(version: string): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (!match) return false;
  const order = minorOrder(`${match[1]}.${match[2]}`);
  return order >= minorOrder(ACCEPTED_LIBTORCH.from) && order <= minorOrder(ACCEPTED_LIBTORCH.to);
}

/** @throws ThawError ERR_LIBTORCH_VERSION, naming the version and where it stands. */
export function requireAcceptedLibtorch(version: string, where: string): void {
  if (isAcceptedLibtorch(version)) return;
  const { from, to } = ACCEPTED_LIBTORCH;
  throw new ThawError(
    'ERR_LIBTORCH_VERSION',
    `libtorch ${version} (${where}) is refused: thaw takes ${from} to ${to}, best ${PINNED_LIBTORCH}.`,
  );
}

function minorOrder(minor: string): number {
  const [major = 0, second = 0] = minor.split('.').map(Number);
  return major * 1000 + second;
}
