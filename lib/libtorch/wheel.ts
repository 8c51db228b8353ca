import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { anyPythonArguments, type Pip, pipArguments, pipDownload, wheelsIn } from './pip.ts';
import { cudaRequirements, normalName, type Requirement } from './requirements.ts';
import { release } from './version.ts';
import { listZip, unzip } from './zip.ts';

export interface WheelRequest {
  readonly version: string;
  readonly cuda: boolean;
  readonly say: (line: string) => void;
}

/** What a wheel of torch holds that a C++ program needs; the rest is Python's. */
const TORCH_PARTS = ['torch/include', 'torch/lib', 'torch/share', 'torch/version.py'];

/**
 * Brings the wheel of torch by pip and unpacks it, without Python, into `folder`/torch; when it is built
 * for CUDA, also the nvidia wheels that it names, into `folder`/nvidia beside it: there the RUNPATHs
 * inside libtorch_cuda.so ($ORIGIN/../../nvidia/...) look for them. Each wheel is removed once unpacked.
 *
 * @returns the reason when pip cannot bring it, else undefined.
 */
export async function bringWheels(
  pip: Pip,
  request: WheelRequest,
  folder: string,
): Promise<string | undefined> {
  const wheels = path.join(folder, 'wheels');
  mkdirSync(wheels, { recursive: true });
  const failed = await downloadTorch(pip, request, wheels);
  if (failed) return failed;

  const [wheel] = wheelsIn(wheels);
  if (!wheel) return 'pip brought no wheel';
  if (!(await unzip(wheel, folder, TORCH_PARTS))) return `there is no torch in ${path.basename(wheel)}`;
  // It links to Python itself, which must not come along into Node.
  rmSync(path.join(folder, 'torch', 'lib', 'libtorch_python.so'), { force: true });
  if (existsSync(path.join(folder, 'torch', 'lib', 'libtorch_cuda.so'))) {
    const lacking = await bringCudaWheels(pip, request, wheel, folder);
    if (lacking) return lacking;
  }
  rmSync(wheels, { recursive: true, force: true });
  return undefined;
}

async function downloadTorch(pip: Pip, request: WheelRequest, wheels: string): Promise<string | undefined> {
  const { version, cuda } = request;
  const wanted = release(version);
  // +cpu sorts above the plain version, so for CUDA it has to be ruled out.
  const requirement = cuda ? `torch==${wanted},!=${wanted}+cpu` : `torch==${wanted}`;
  const args = pipArguments(pip.env, cuda);
  request.say(
    `Fetching torch ${wanted} for ${cuda ? 'CUDA' : 'CPU'} with pip (${cuda ? '0.5 GB' : '0.2 GB'})`,
  );
  const failed = await pipDownload(pip, [requirement], wheels, args);
  if (!failed) return undefined;
  const offered = /\(from versions: ([^)]*)\)/.exec(failed)?.[1] ?? 'none';
  const known = offered.split(', ').some((offer) => release(offer) === wanted);
  if (offered === 'none' || known) return failed;
  const again = await pipDownload(pip, [requirement], wheels, [...args, ...anyPythonArguments()]);
  return again ? failed : undefined;
}

/** Walks the requirements from torch's wheel on; every nvidia wheel may name others. */
async function bringCudaWheels(
  pip: Pip,
  request: WheelRequest,
  torchWheel: string,
  folder: string,
): Promise<string | undefined> {
  const seen = new Set<string>();
  let wave = fresh(await wheelRequirements(torchWheel, []), seen);
  rmSync(torchWheel);
  if (wave.length > 0) request.say('Fetching the CUDA libraries that torch needs with pip (2.5 GB)');
  while (wave.length > 0) {
    const wheels = mkdtempSync(path.join(folder, 'wheels', 'cuda-'));
    const failed = await downloadWave(pip, wave, wheels);
    if (failed) return failed;
    const next: Requirement[] = [];
    for (const wheel of wheelsIn(wheels)) {
      const name = normalName(path.basename(wheel).split('-', 1)[0] ?? '');
      const extras = wave.find((requirement) => requirement.name === name)?.extras ?? [];
      next.push(...(await wheelRequirements(wheel, extras)));
      await unzip(wheel, folder, ['nvidia']);
      rmSync(wheel);
    }
    wave = fresh(next, seen);
  }
  return undefined;
}

/** All at once; where that fails one by one, and a version that is not to be had as pip finds it. */
async function downloadWave(
  pip: Pip,
  wave: readonly Requirement[],
  wheels: string,
): Promise<string | undefined> {
  const args = pipArguments(pip.env, true);
  const pinned = ({ name, specifier }: Requirement) => name + specifier;
  if (!(await pipDownload(pip, wave.map(pinned), wheels, args))) return undefined;
  for (const requirement of wave) {
    if (!(await pipDownload(pip, [pinned(requirement)], wheels, args))) continue;
    const failed = await pipDownload(pip, [requirement.name], wheels, args);
    if (failed) return failed;
  }
  return undefined;
}

/** Those not yet brought; a name asked for twice (with other extras) is one requirement with all extras. */
function fresh(requirements: readonly Requirement[], seen: Set<string>): Requirement[] {
  const merged = new Map<string, Requirement>();
  for (const requirement of requirements) {
    if (seen.has(requirement.name)) continue;
    const earlier = merged.get(requirement.name);
    const extras = [...new Set([...(earlier?.extras ?? []), ...requirement.extras])];
    merged.set(requirement.name, { ...(earlier ?? requirement), extras });
  }
  for (const name of merged.keys()) seen.add(name);
  return [...merged.values()];
}

/** The CUDA requirements in a wheel's own METADATA. */
async function wheelRequirements(wheel: string, extras: readonly string[]): Promise<Requirement[]> {
  const metadata = (await listZip(wheel)).find((name) => /^[^/]+\.dist-info\/METADATA$/.test(name));
  if (!metadata) return [];
  const folder = mkdtempSync(`${wheel}.info-`);
  try {
    await unzip(wheel, folder, [metadata]);
    return cudaRequirements(readFileSync(path.join(folder, metadata), 'utf8'), extras);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
