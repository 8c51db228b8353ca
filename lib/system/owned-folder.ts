import { makeFolder, removeEmpty } from '../files/folder.ts';
import { undoAtExit } from './at-exit.ts';
import type { Owner } from './owner.ts';
import { lockRun, type RunLock } from './run-lock.ts';

/** A run's folder, for as long as the run lasts: nobody else writes into it. */
export class OwnedFolder {
  readonly path: string;
  #lock: RunLock;
  readonly #removeMade: () => void;

  /**
   * Makes the folder where there is none.
   * @throws ThawError ERR_RUN_IN_USE, ERR_WRITE_FAILED, ERR_DISK_FULL; then nothing has been made
   */
  constructor(path: string) {
    this.path = path;
    const made = makeFolder(path);
    this.#removeMade = undoAtExit(() => removeEmpty(made));
    try {
      this.#lock = lockRun(path);
    } catch (error) {
      this.#removeMade();
      throw error;
    }
  }

  /** Of the run that was killed here before this one. */
  get takenOver(): Owner | undefined {
    return this.#lock.takenOver;
  }

  /**
   * Makes it again where it was removed meanwhile.
   * @returns whether it was
   * @throws ThawError ERR_RUN_IN_USE where it is another's since then, ERR_WRITE_FAILED, ERR_DISK_FULL
   */
  restore(): boolean {
    if (this.#lock.holds()) return false;
    const removed = makeFolder(this.path).length > 0;
    this.#lock.release();
    this.#lock = lockRun(this.path);
    return removed;
  }

  /** Gives it up; what was made and is empty is removed. Done when the process exits, at the latest. */
  leave(): void {
    this.#lock.release();
    this.#removeMade();
  }
}
