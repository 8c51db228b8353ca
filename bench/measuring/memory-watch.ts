import { readdirSync, readFileSync } from 'node:fs';

const INTERVAL_MS = 250;

/**
 * The most memory that a process and its descendants hold at a time, in KiB.
 *
 * Of a process alone the kernel keeps the peak itself (`VmHWM`). Workers forked from it share pages with it; there
 * the proportional sizes are added up, in which each page counts once.
 */
export class MemoryWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
    this.#timer.unref();
  }

  /** @returns the peak so far, KiB; 0 where the process ended before the first look */
  stop(): number {
    clearInterval(this.#timer);
    return this.#peak;
  }

  #look(): void {
    const family = [this.#pid, ...descendants(this.#pid)];
    this.#peak = Math.max(this.#peak, kibibytes(this.#pid, 'status', 'VmHWM'));
    if (family.length === 1) return;
    const together = family.reduce((sum, pid) => sum + kibibytes(pid, 'smaps_rollup', 'Pss'), 0);
    this.#peak = Math.max(this.#peak, together);
  }
}

function descendants(pid: number): number[] {
  const tasks = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const children = tasks.flatMap((task) =>
    (attempt(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')) ?? '')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function kibibytes(pid: number, file: string, field: string): number {
  const text = attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')) ?? '';
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
}

/** A process may end while it is looked at. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
