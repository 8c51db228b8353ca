import { readdirSync } from 'node:fs';

/** Of the files in a folder of checkpoints, those that a run can go on from: not what is frozen, a lock, or half a file. */
export function isCheckpoint(name: string): boolean {
  return /^\d+\.safetensors$/.test(name);
}

/** Also false where there is no such folder. */
export function holdsCheckpoint(folder: string): boolean {
  try {
    return readdirSync(folder).some(isCheckpoint);
  } catch {
    return false;
  }
}
