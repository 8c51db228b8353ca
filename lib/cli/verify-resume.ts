import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig, withAbsolutePaths } from '../config/file.ts';
import { ThawError } from '../errors.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import { noPositionals, parseArguments } from '../options/arguments.ts';
import { verifyResumeFlags } from '../options/commands.ts';
import type { TrainValues } from '../options/train.ts';
import { type ResumeProof, verifyResume } from '../verify/verify-resume.ts';
import { plural, table } from './common.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { writeJsonLine } from './output.ts';
import { defaultRunFolder } from './run-folder.ts';

export const verifyResumeCommand: Command = {
  name: 'verify-resume',
  summary: 'Prove on your own data that a run which is killed ends as if it had not been.',
  options: verifyResumeFlags,
  notes:
    'Trains once without a break, then again with kill -9 at random moments, going on each time; compares the bytes of the models and the histories. Takes about twice the time of a run and twice the disk of its folder, and a model that trains as thaw train would with the same options.',
  run: verify,
};

async function verify(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, verifyResumeFlags, 'verify-resume');
  noPositionals(positionals, 'verify-resume');
  const { kills = verifyResumeFlags.kills.default, config, out, json, quiet, verbose: _, ...flags } = values;
  const { cwd, env, signal, stdout, stderr } = context;
  const asked: TrainValues = {
    ...(config === undefined ? {} : await readConfig(resolve(cwd, config))),
    ...withAbsolutePaths(flags, cwd),
  };
  const folder = join(resolve(cwd, out ?? defaultRunFolder()), 'verify-resume');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'asked.json');
  await writeAtomically(file, `${JSON.stringify(asked, undefined, 2)}\n`);
  const proof = await verifyResume({
    program: { command: thisProgram(), cwd, env },
    args: ['--config', file],
    folder,
    kills,
    random: Math.random,
    note: (sentence) => void (quiet || stderr.write(`${sentence}\n`)),
    signal,
  });
  if (json) writeJsonLine(stdout, proof);
  else stdout.write(proofText(proof));
  if (!proof.equal)
    throw new ThawError('ERR_VERIFY', `${proof.differences.join('; ')}: both folders are left in ${folder}.`);
  return exitCodes.done;
}

/** This command line, however it was started: built, or from its source. */
function thisProgram(): string[] {
  const main = import.meta.url.endsWith('.ts') ? './main.ts' : './main.js';
  return [process.execPath, ...process.execArgv, fileURLToPath(new URL(main, import.meta.url))];
}

/** What `thaw verify-resume` prints. */
export function proofText(proof: ResumeProof): string {
  const rows = proof.kills.map(({ run, seconds, epoch, resumedAt }, i) => [
    String(i + 1),
    String(run),
    `${seconds.toFixed(1)} s`,
    String(epoch + 1),
    resumedAt === undefined ? 'the start' : `epoch ${resumedAt + 1}`,
  ]);
  const verdict = proof.equal
    ? `${plural(proof.runs, 'run')} with ${plural(proof.kills.length, 'kill')} ended with the same bytes as the uninterrupted one`
    : `run ${proof.runs} did not end as the uninterrupted one`;
  return `${table([['kill', 'run', 'after', 'in epoch', 'went on from'], ...rows])}\n
${verdict}
model.safetensors: SHA-256 ${proof.model}
history.json without its times: SHA-256 ${proof.history}, ${plural(proof.epochs, 'epoch')}
`;
}
