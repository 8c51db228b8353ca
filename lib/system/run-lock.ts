import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ThawError } from '../errors.ts';
import { writeFailed } from '../files/atomic-write.ts';
import { readOnly } from '../files/folder.ts';
import { reasonOf } from '../reason.ts';
import { undoAtExit } from './at-exit.ts';
import { type Owner, ownerState, thisOwner } from './owner.ts';

/** In the folder of a run while it runs. No lock of the kernel's: the folder may lie on a network's disk. */
export const lockName = 'run.lock';

export interface RunLock {
  /** The owner that was killed and has left its lock, which was taken over. */
  readonly takenOver: Owner | undefined;
  /** Whether it is still there: the folder may have been removed. */
  holds(): boolean;
  /** Done when the process exits, at the latest. */
  release(): void;
}

/**
 * Makes the caller the only one, in this process and in all others, that writes into a run's folder, which is there.
 * @throws ThawError ERR_RUN_IN_USE, ERR_WRITE_FAILED, ERR_DISK_FULL
 */
export function lockRun(folder: string): RunLock {
  const lock = take(join(folder, lockName));
  removeRemains(folder);
  return lock;
}

/** `process 4711 on tower, since 2026-03-01 14:25:30` */
export function ownerText({ pid, host, since }: Owner): string {
  const here = pid === process.pid ? ' (this one)' : '';
  return `process ${pid}${here} on ${host}, since ${since.slice(0, 19).replace('T', ' ')} UTC`;
}

/**
 * A lock appears whole, by a link. One whose owner is gone is replaced by the one that holds the lock on replacing that very
 * owner's, which is named after it: so who is slow to replace it finds that it is another's by now. Such a lock may be left
 * behind as well, and is then replaced in the same way.
 */
function take(file: string): RunLock {
  const owner = thisOwner();
  const part = `${file}.${owner.id}.part`;
  const open = write(part, owner, file);
  try {
    for (;;) {
      if (appear(part, owner, file)) return held(file, owner, open, undefined);
      const other = read(file);
      if (other === undefined) continue;
      refuseUnlessGone(other, file);
      const replacing = take(`${file}.${other.id}`);
      try {
        if (read(file)?.id !== other.id) continue;
        renameSync(part, file);
        return held(file, owner, open, other);
      } finally {
        replacing.release();
      }
    }
  } catch (error) {
    closeSync(open);
    throw writeFailed(file, error);
  } finally {
    rmSync(part, { force: true });
  }
}

/** @returns the open file: a worker's is closed when it is terminated, which runs nothing */
function write(part: string, owner: Owner, file: string): number {
  try {
    const open = openSync(part, 'wx');
    writeSync(open, `${JSON.stringify(owner)}\n`);
    fsyncSync(open);
    return open;
  } catch (error) {
    rmSync(part, { force: true });
    throw writeFailed(file, readOnly(dirname(file), dirname(file), error));
  }
}

/** @returns whether there was none */
function appear(part: string, owner: Owner, file: string): boolean {
  try {
    linkSync(part, file);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(code)) throw error;
  }
  // A file system without links.
  try {
    const whole = openSync(file, 'wx');
    writeSync(whole, `${JSON.stringify(owner)}\n`);
    closeSync(whole);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** @returns undefined where there is none */
function read(file: string): Owner | undefined {
  // Without links it is empty for a moment.
  for (let attempt = 0; ; attempt++) {
    try {
      const owner = JSON.parse(readFileSync(file, 'utf8')) as Owner;
      if (typeof owner.id === 'string' && /^[\w-]+$/.test(owner.id)) return owner;
      throw new SyntaxError('it names no owner');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (attempt === 10) {
        throw new ThawError(
          'ERR_RUN_IN_USE',
          `${file} does not tell whose it is (${reasonOf(error)}): if no run writes into that folder, remove the file.`,
        );
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** Of locks that this thread holds. */
const own = new Set<string>();

function held(file: string, owner: Owner, open: number, takenOver: Owner | undefined): RunLock {
  own.add(owner.id);
  const holds = () => {
    try {
      return read(file)?.id === owner.id;
    } catch {
      return false;
    }
  };
  const release = undoAtExit(() => {
    own.delete(owner.id);
    if (holds()) rmSync(file, { force: true });
    closeSync(open);
  });
  return { takenOver, holds, release };
}

function refuseUnlessGone(owner: Owner, file: string): void {
  const state = ownerState(owner);
  if (state === 'gone' || (state === 'alive' && owner.pid === process.pid && !heldHere(owner, file))) return;
  const sentence = `${dirname(file)} is in use by another run: ${ownerText(owner)}`;
  throw new ThawError(
    'ERR_RUN_IN_USE',
    state === 'alive'
      ? `${sentence}. Wait for it, or write into another folder.`
      : `${sentence}. Whether it still runs cannot be seen from here; if it does not, remove ${file}.`,
  );
}

/** By this thread, or by a worker that has not been terminated. */
function heldHere({ id }: Owner, file: string): boolean {
  if (own.has(id)) return true;
  const path = join(realpathSync(dirname(file)), basename(file));
  return readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return target.includes(id) || target === path;
    } catch {
      return false;
    }
  });
}

/** What was left, in a moment, by those that were killed while they took a lock. */
function removeRemains(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${lockName}.`)) continue;
    try {
      const owner = read(join(folder, name));
      if (owner && ownerState(owner) === 'gone') rmSync(join(folder, name), { force: true });
    } catch {
      // It is being written.
    }
  }
}
