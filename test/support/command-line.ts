import type { CommandApi } from '../../lib/cli/api.ts';
import { runCommandLine } from '../../lib/cli/run.ts';
import { temporaryFolder } from './folders.ts';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** Standard output as JSON lines. */
  events: Record<string, unknown>[];
}

/** Runs a command in this process, with a library of the test's own. */
export async function commandLine(
  args: readonly string[],
  api: CommandApi | Error,
  options: { cwd?: string; signal?: AbortSignal; tty?: boolean; cache?: string } = {},
): Promise<Outcome> {
  const text = { stdout: '', stderr: '' };
  const write = (name: 'stdout' | 'stderr') => (part: string) => {
    text[name] += part;
  };
  const code = await runCommandLine(args, {
    stdout: { write: write('stdout') },
    stderr: { write: write('stderr'), isTTY: options.tty ?? false, columns: 120 },
    signal: options.signal ?? new AbortController().signal,
    env: { THAW_CACHE: options.cache ?? temporaryFolder() },
    cwd: options.cwd ?? temporaryFolder(),
    async api() {
      if (api instanceof Error) throw api;
      return api;
    },
  });
  return {
    code,
    ...text,
    get events() {
      return text.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    },
  };
}
