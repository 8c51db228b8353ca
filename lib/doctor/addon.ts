import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { reasonOf } from '../reason.ts';
import { addonFile } from '../setup/native.ts';
import { commandHere } from '../system/command-here.ts';
import { type Fact, missing, ok, warn } from './fact.ts';

/** What the addon tells of itself and of the machine. */
export interface NativeFacts {
  readonly libtorch: string;
  /** The instruction set that libtorch's kernels use: `AVX512`. */
  readonly cpuCapability: string;
  readonly cpuBfloat16: boolean;
  readonly threads: number;
  readonly cudaBuilt: boolean;
  /** Versions; empty where there is none. */
  readonly cuda: string;
  readonly cudnn: string;
  readonly gpus: readonly string[];
  readonly libjpeg: string;
  readonly libvips: string;
  readonly imageFormats: readonly string[];
}

/** Whether the addon is there and loads, and what it says. */
export async function addonFacts(
  root: string,
  native: (() => NativeFacts | Promise<NativeFacts>) | undefined,
): Promise<Fact[]> {
  const setup = commandHere('setup', root);
  const file = builtAddon(root);
  if (!file) return [missing('addon', 'not built', `\`${setup}\` builds it`)];
  if (!native) return [ok('addon', file)];
  try {
    const facts = await native();
    return [ok('addon', `loads: ${file}`), ...nativeFacts(facts)];
  } catch (error) {
    return [missing('addon', `does not load: ${reasonOf(error)}`, `\`${setup}\` builds it again`)];
  }
}

function builtAddon(root: string): string | undefined {
  const built = addonFile({ root, buildDir: 'build' });
  if (existsSync(built)) return built;
  const folder = path.join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.node')) : [];
  return names[0] === undefined ? undefined : path.join(folder, names[0]);
}

function nativeFacts(facts: NativeFacts): Fact[] {
  const bfloat16 = facts.cpuBfloat16 ? 'bfloat16 in hardware' : 'no bfloat16 in hardware';
  return [
    ok('CPU', `${facts.cpuCapability}, ${bfloat16}, ${facts.threads} threads`),
    cudaFact(facts),
    facts.libvips
      ? ok('libvips', facts.libvips.replace(/^libvips /, ''))
      : warn(
          'libvips',
          'none: fewer image formats are read',
          '`npm install` with optional and development packages, then set up again',
        ),
    facts.libjpeg
      ? ok('libjpeg-turbo', facts.libjpeg.replace(/^libjpeg-turbo /, ''))
      : warn(
          'libjpeg-turbo',
          'none: libvips decodes JPEG, more slowly',
          '`apt-get install libjpeg-dev`, then set up again',
        ),
    ok('image formats', facts.imageFormats.join(', ')),
  ];
}

function cudaFact({ cudaBuilt, cuda, cudnn, gpus }: NativeFacts): Fact {
  if (!cudaBuilt) return ok('CUDA', 'not in this build');
  const versions = `CUDA ${cuda || 'unknown'}, cuDNN ${cudnn || 'none'}`;
  if (gpus.length > 0) return ok('CUDA', `${versions}: ${gpus.join('; ')}`);
  return warn(
    'CUDA',
    `${versions}, but no GPU answers`,
    'check `nvidia-smi`; the driver must be new enough for this CUDA',
  );
}
