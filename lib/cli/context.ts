import type { Table } from '../options/table.ts';
import type { CommandApi } from './api.ts';

export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** For --quiet. */
export const silence: TextOutput = { write: () => true };

/** What a command may touch outside itself; tests give their own. */
export interface CommandContext {
  stdout: TextOutput;
  stderr: TextOutput;
  /** Fires on SIGINT and SIGTERM. */
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

export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
