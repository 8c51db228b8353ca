import type { Table } from '../options/table.ts';
import type { CommandApi } from './api.ts';

export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Its reader is gone: what is written is dropped. */
  readonly closed?: boolean;
}

/** For --quiet. */
export const silence: TextOutput = { write: () => true };

/** What a command may touch outside itself; tests give their own. */
export interface CommandContext {
  stdout: TextOutput;
  stderr: TextOutput;
  /** Fires on SIGINT, SIGTERM and SIGHUP, with an Interruption. */
  signal: AbortSignal;
  env: Record<string, string | undefined>;
  /** Folder that relative paths are relative to. */
  cwd: string;
  /** Loads the library, and with it the native addon; only when a command needs it. */
  api(): Promise<CommandApi>;
}

/** A subcommand: takes the arguments after its name, returns the exit code. */
export interface Command {
  name: string;
  /** One line for `thaw --help`. */
  summary: string;
  /** Its flags. */
  options: Table;
  /** What it takes beside them: `IMAGE...`. */
  operands?: string;
  /** What `thaw NAME --help` says before the flags. */
  notes?: string;
  run(args: readonly string[], context: CommandContext): Promise<number>;
}

/** Of a signal: 128 and its number, as shells have it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** What interrupts a command: the first asks it to end, a second one ends it. */
export const interruptions = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** Why a command is aborted. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly exitCode: number;

  constructor(signal: (typeof interruptions)[number]) {
    super(`Interrupted by ${signal}.`);
    this.exitCode = exitCodes[signal];
  }
}

/** Of a command whose signal has fired. */
export function interruptedCode({ reason }: AbortSignal): number {
  return reason instanceof Interruption ? reason.exitCode : exitCodes.SIGINT;
}
