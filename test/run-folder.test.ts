import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { Interruption } from '../lib/cli/context.ts';
import { ThawError } from '../lib/errors.ts';
import { makeFolder } from '../lib/files/folder.ts';
import { lockRun } from '../lib/system/run-lock.ts';
import { commandLine } from './support/command-line.ts';
import { type FakeBehaviour, fakeLibrary } from './support/fake-model.ts';
import { makeFiles, numbered, temporaryFolder, writeTree } from './support/folders.ts';

let data: string;
beforeAll(() => {
  data = makeFiles(temporaryFolder(), [...numbered('cat', 10), ...numbered('dog', 10)]);
});

const checkpointing: FakeBehaviour = {
  writeCheckpoint(directory) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, '00000001.safetensors'), 'x');
  },
};

async function train(out: string, args: readonly string[] = [], behaviour: FakeBehaviour = checkpointing) {
  const library = fakeLibrary(behaviour);
  const outcome = await commandLine(
    ['train', '--data', data, '--epochs', '2', '--out', out, ...args],
    library.api,
  );
  return Object.assign(outcome, { library });
}

/** Of an earlier run, in the order in which they are put aside. */
const earlier = {
  'checkpoint/00000001.safetensors': 'old',
  'model.safetensors': 'old',
  'report.html': 'old',
  'history.json': 'old',
  'quarantine.json': 'old',
  'config.json': JSON.stringify({ data: 'old', epochs: 1 }),
};
const own = { 'notes.txt': 'mine', 'cache/train.features': 'kept' };

const asideIn = (out: string) => readdirSync(out).filter((name) => name.startsWith('previous-'));
const content = (folder: string) =>
  Object.fromEntries(
    Object.keys(earlier).map((name) => [
      name,
      existsSync(join(folder, name)) && readFileSync(join(folder, name), 'utf8'),
    ]),
  );
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

test("an older run's files are put aside whole; what is no run's, and what is kept of images, stays", async () => {
  const out = writeTree(temporaryFolder(), { ...earlier, ...own });
  const { code, stderr } = await train(out);
  expect(code).toBe(0);
  const [aside = '', ...others] = asideIn(out);
  expect(aside).toMatch(/^previous-\d{4}-\d\d-\d\d-\d{6}$/);
  expect(others).toEqual([]);
  expect(stderr).toContain(`${out} held another run: its files are now in ${join(out, aside)}.\n`);
  expect(content(join(out, aside))).toEqual(earlier);
  for (const [name, text] of Object.entries(own)) expect(readFileSync(join(out, name), 'utf8')).toBe(text);
  expect(Object.values(content(out))).not.toContain('old');
  expect(json(out, 'config.json')).toMatchObject({ data, epochs: 2 });

  // Two within a second.
  await train(out);
  await train(out);
  expect(asideIn(out)).toHaveLength(3);
});

test('weights of the run that is put aside are read, and config.json says where they are now', async () => {
  const out = writeTree(temporaryFolder(), earlier);
  let read: unknown;
  const behaviour = {
    ...checkpointing,
    loadError({ weights }: { weights?: string | null }) {
      read = readFileSync(weights as string, 'utf8');
      return undefined;
    },
  };
  const { code } = await train(
    out,
    ['--weights', join(out, 'model.safetensors')],
    behaviour as FakeBehaviour,
  );
  expect([code, read]).toEqual([0, 'old']);
  const { weights } = json(out, 'config.json');
  expect(weights).toBe(join(out, asideIn(out)[0] as string, 'model.safetensors'));
  expect(readFileSync(weights, 'utf8')).toBe('old');
  // Of another folder they stay where they are.
  const elsewhere = writeTree(temporaryFolder(), { 'model.safetensors': 'other' });
  await train(out, ['--weights', join(elsewhere, 'model.safetensors')]);
  expect(json(out, 'config.json').weights).toBe(join(elsewhere, 'model.safetensors'));
});

const readOrder = Object.keys(earlier).map((name) => name.split('/')[0] as string);

test.each([0, 1, 2, 3, 4, 5, 6])(
  'putting aside that was ended after %d files is never resumed as a run, and is gone on with',
  async (moved) => {
    const out = writeTree(temporaryFolder(), earlier);
    const part = join(out, 'previous-2026-01-01-000000.part');
    mkdirSync(part);
    for (const name of readOrder.slice(0, moved)) renameSync(join(out, name), join(part, name));
    const { code, stderr } = await commandLine(['train', '--resume', '--out', out], fakeLibrary().api);
    expect([code, stderr]).toEqual([2, `thaw: There is no run to resume in ${out}.\n`]);
    expect((await train(out)).code).toBe(0);
    expect(asideIn(out)).toEqual(['previous-2026-01-01-000000']);
    expect(content(join(out, 'previous-2026-01-01-000000'))).toEqual(earlier);
  },
);

test('a run that got no further than its configuration is nothing to put aside', async () => {
  const out = writeTree(temporaryFolder(), { 'config.json': earlier['config.json'] });
  await train(out);
  expect(asideIn(out)).toEqual([]);
});

test('--resume without a checkpoint, or without a run, says that it begins anew', async () => {
  const out = writeTree(temporaryFolder(), { 'config.json': JSON.stringify({ data, epochs: 3 }) });
  mkdirSync(join(out, 'checkpoint'));
  // Killed before its first checkpoint was whole.
  writeFileSync(join(out, 'checkpoint/frozen.safetensors'), '');
  writeFileSync(join(out, 'checkpoint/00000001.safetensors.part'), '');
  const library = fakeLibrary(checkpointing);
  const { code, stderr } = await commandLine(['train', '--resume', '--out', out], library.api);
  expect(code).toBe(0);
  expect(stderr).toContain(`There is no checkpoint in ${out}: its run begins anew, with its options.\n`);
  expect(library.fits[0]?.options).toMatchObject({ epochs: 3, checkpoint: { resume: false } });

  const empty = temporaryFolder();
  const begun = await train(empty, ['--resume']);
  expect(begun.stderr).toContain(`There is no run to resume in ${empty}: a new one begins.\n`);
  expect(begun.code).toBe(0);
});

test('a command that fails before training leaves no folder that it has made, and removes no other', async () => {
  const root = temporaryFolder();
  const failing = { loadError: () => new ThawError('ERR_OUT_OF_MEMORY', 'No memory.') };
  const cwd = temporaryFolder();
  for (const args of [
    ['--data', data],
    ['--data', 'nowhere'],
    ['--out', 'a/b/c', '--data', data],
  ])
    expect((await commandLine(['train', ...args], fakeLibrary(failing).api, { cwd })).code).toBe(1);
  expect(readdirSync(cwd)).toEqual([]);
  expect((await train(join(root, 'there'), [], failing)).code).toBe(1);
  mkdirSync(join(root, 'there'));
  expect((await train(join(root, 'there'), [], failing)).code).toBe(1);
  expect((await train(join(root, 'there', 'run'), [], failing)).code).toBe(1);
  expect(readdirSync(root)).toEqual(['there']);
  expect(readdirSync(join(root, 'there'))).toEqual([]);
  // Nor is another run touched by one that fails.
  const out = writeTree(temporaryFolder(), earlier);
  expect((await train(out, [], failing)).code).toBe(1);
  expect(content(out)).toEqual(earlier);
  expect(readdirSync(out).toSorted()).toEqual(readOrder.toSorted());
});

test.each(['.', 'checkpoint'])(
  'a folder that another run is in is refused and left as it is: %s',
  async (where) => {
    const out = writeTree(temporaryFolder(), earlier);
    const lock = lockRun(join(out, where));
    const before = readdirSync(out);
    const { code, stderr, events } = await train(out, ['--json']);
    expect(code).toBe(1);
    expect(stderr).toContain('is in use by another run: process ');
    expect(events).toEqual([expect.objectContaining({ event: 'error', code: 'ERR_RUN_IN_USE' })]);
    expect(content(out)).toEqual(earlier);
    expect(readdirSync(out)).toEqual(before);
    lock.release();
    expect((await train(out)).code).toBe(0);
  },
);

test('a run whose folder is removed ends with all of its files', async () => {
  const out = join(temporaryFolder(), 'deep', 'run');
  const behaviour = {
    afterEpoch: (epoch: number) => epoch === 0 && rmSync(join(out, '..'), { recursive: true }),
  };
  const { code, stderr } = await train(out, [], behaviour as FakeBehaviour);
  expect(code).toBe(0);
  expect(stderr).toContain("The run's folder was removed while it ran: it is made again");
  expect(readdirSync(out).toSorted()).toEqual(readOrder.slice(1).toSorted());
  expect(json(out, 'history.json').loss).toHaveLength(2);
  expect(json(out, 'config.json')).toMatchObject({ data, epochs: 2 });
});

test('a full disk is told with the command that goes on', async () => {
  const out = join(temporaryFolder(), 'run');
  const full = new ThawError('ERR_DISK_FULL', 'No space is left to write x; free some and run again.');
  const behaviour = {
    ...checkpointing,
    afterEpoch() {
      throw full;
    },
  };
  const { code, stderr } = await train(out, ['--quiet'], behaviour);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `thaw: ${full.message} The checkpoint is kept; go on with: npm run train -- --resume --out ${out}\n`,
  );
});

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('the exit code of %s', async (signal, code) => {
  const interruption = new AbortController();
  const afterEpoch = () => interruption.abort(new Interruption(signal));
  const args = ['train', '--data', data, '--out', join(temporaryFolder(), 'run'), '--json'];
  const options = { signal: interruption.signal };
  const outcome = await commandLine(args, fakeLibrary({ ...checkpointing, afterEpoch }).api, options);
  expect(outcome.code).toBe(code);
});

/** Without the rights of root, to whom nothing is read-only. */
function asNobody<T>(work: () => T): T {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

test('what is in the way of a folder is said', () => {
  const root = makeFiles(temporaryFolder(), ['file', 'shut/']);
  const refused = (message: string) => expect.objectContaining({ code: 'ERR_WRITE_FAILED', message });
  expect(() => makeFolder('/proc/x/y')).toThrow(refused('Cannot write /proc/x/y: /proc takes no folders.'));
  expect(() => makeFolder(join(root, 'file'))).toThrow('a file of that name is in the way');
  expect(() => makeFolder(join(root, 'file', 'x'))).toThrow('a part of the path is a file');
  const [shut, inside] = [join('/', 'usr'), join('/', 'usr', 'x', 'y')];
  expect(() => asNobody(() => makeFolder(inside))).toThrow(
    refused(`Cannot write ${inside}: ${shut} is read-only (permission denied).`),
  );
  expect(() => asNobody(() => lockRun(shut))).toThrow(
    refused(`Cannot write ${shut}: ${shut} is read-only (permission denied).`),
  );
  expect(makeFolder(join(root, 'a/b'))).toEqual([join(root, 'a'), join(root, 'a/b')]);
});
