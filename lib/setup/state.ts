import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from '../files/atomic-write.ts';
import type { FoundLibtorch, Variant } from '../libtorch/find.ts';

/** What the last setup of a build folder was asked for and did; kept in the folder. */
export interface SetupState {
  readonly variant: Variant;
  /** Undefined where the pinned version was meant. */
  readonly version?: string | undefined;
  readonly pinned: string;
  readonly driver: boolean;
  readonly libtorch: FoundLibtorch;
  readonly tests: boolean;
  /** The fingerprint of the native build; undefined when it has not succeeded. */
  readonly native?: string | undefined;
}

const stateFile = (buildFolder: string) => path.join(buildFolder, 'thaw-setup.json');

/** Undefined for the first setup, and when the file is not readable: then everything is looked up anew. */
export function readState(buildFolder: string): SetupState | undefined {
  const state = readJson(stateFile(buildFolder)) as SetupState | undefined;
  return typeof state?.libtorch?.path === 'string' ? state : undefined;
}

export async function writeState(buildFolder: string, state: SetupState): Promise<void> {
  await mkdir(buildFolder, { recursive: true });
  await writeAtomically(stateFile(buildFolder), `${JSON.stringify(state, undefined, 2)}\n`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
