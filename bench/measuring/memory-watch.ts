import { readdirSync, readFileSync } from 'node:fs';

const INTERVAL_MS = 250;

/**
 * Watches the processes that this one starts: one at a time, with its own children.
 *
 * Of a process alone the kernel keeps the peak itself (`VmHWM`). Workers forked from it share pages with it; there
 * the proportional sizes are added up, in which each page counts once.
 * @returns ends the watch and tells the most memory that they held at a time, KiB; 0 where they ended before the first look
 */
export function watchMemory(): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    const [child, ...more] = descendants(process.pid);
    if (child === undefined) return;
    const together = [child, ...more].reduce((sum, pid) => sum + kibibytes(pid, 'smaps_rollup', 'Pss'), 0);
    peak = Math.max(peak, kibibytes(child, 'status', 'VmHWM'), more.length > 0 ? together : 0);
  }, INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function descendants(pid: number): number[] {
  const folder = `/proc/${pid}/task`;
  const lists = attempt(() => readdirSync(folder), []).map((task) => read(`${folder}/${task}/children`));
  const children = lists.join(' ').split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function kibibytes(pid: number, file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/${file}`))?.[1] ?? 0);
}

function read(file: string): string {
  return attempt(() => readFileSync(file, 'utf8'), '');
}

/** A process may end while it is looked at. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
