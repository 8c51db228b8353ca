import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who owns something: a process, told apart from all that have had, or will have, its number. */
export interface Owner {
  pid: number;
  host: string;
  /** When it took it, ISO 8601. */
  since: string;
  /** Of this taking, unlike any other. */
  id: string;
  /** Start of the process, in clock ticks since the machine's. */
  started: string;
  /** The machine's, where two have one name. */
  machine: string;
  /** Of the machine's start. */
  boot: string;
  /** The namespace in which `pid` is a number: a container has its own. */
  pids: string;
}

export function thisOwner(): Owner {
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    id: randomUUID(),
    started: startOf(process.pid)?.ticks ?? '',
    // machine-id(5): not to be shown as it is.
    machine: createHash('sha256').update(line('/etc/machine-id')).digest('hex').slice(0, 16),
    boot: line('/proc/sys/kernel/random/boot_id'),
    pids: namespace(),
  };
}

/**
 * Whether an owner is still at work.
 * @returns 'unknown' where it runs, or ran, on another machine or in another container
 */
export function ownerState(owner: Owner): 'alive' | 'gone' | 'unknown' {
  const here = thisOwner();
  if (owner.host !== here.host || owner.machine !== here.machine) return 'unknown';
  if (owner.boot !== here.boot) return 'gone';
  if (owner.pids !== here.pids) return 'unknown';
  if (!exists(owner.pid)) return 'gone';
  const start = startOf(owner.pid);
  // Killed, and nobody has asked for its exit code yet.
  const ended = start?.state === 'Z' || start?.state === 'X';
  return ended || (start && start.ticks !== owner.started) ? 'gone' : 'alive';
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** @returns undefined where the system does not tell */
function startOf(pid: number): { state: string; ticks: string } | undefined {
  // proc(5): after the name, which may hold anything, field 3 is the state and field 22 the start.
  const fields = line(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  const [state = '', ticks = ''] = [fields[0], fields[19]];
  return ticks === '' ? undefined : { state, ticks };
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function line(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
