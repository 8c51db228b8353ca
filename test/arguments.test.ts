import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { commandLine } from './support/command-line.ts';
import { temporaryFolder } from './support/folders.ts';

const unreachable = new Error('the library must not be loaded for unusable arguments');

test.each([
  [['trainn'], "Unknown command 'trainn'; did you mean train?"],
  [
    ['frobnicate'],
    "Unknown command 'frobnicate'; the commands are train, verify-resume, check-data, evaluate",
  ],
  [['train', '--epoch', '3'], 'Unknown option --epoch for thaw train; did you mean --epochs?'],
  [['train', '--batchsize', '3'], 'Unknown option --batchsize for thaw train; did you mean --batch-size?'],
  [['train', '-x'], 'Unknown option -x for thaw train.'],
  [['train', '--epochs'], '--epochs needs a value: --epochs N.'],
  [['train', '--epochs', '--json'], '--epochs needs a value: --epochs N.'],
  [
    ['train', '--epochs', 'many'],
    "Expected a positive integer for --epochs but received 'many' of type string.",
  ],
  [['train', '--epochs', '0'], 'Expected a positive integer for --epochs but received 0 of type number.'],
  [['train', '--epochs', '2.5'], 'Expected a positive integer for --epochs but received 2.5'],
  [['train', '--epochs', '1', '--epochs', '2'], '--epochs is given twice.'],
  [['train', '--learning-rate=-1'], 'Expected a number from 0 to 1000 for --learning-rate but received -1'],
  [['train', '--learning-rate='], "Expected a number from 0 to 1000 for --learning-rate but received ''"],
  [
    ['train', '--optimizer', 'adamm'],
    "Expected one of 'adam', 'adamw', 'sgd' for --optimizer but received 'adamm'",
  ],
  [['train', '--class-weight', 'cat=2'], "The class weight 'cat=2' is not understood"],
  [['train', '--accumulate', '2', '--accumulation-steps', '3'], '--accumulation-steps is given twice.'],
  [['train', '--max-skipped', '2'], 'Expected a number from 0 to 1 for --max-skipped but received 2'],
  [['train', '--kernels', 'fast'], "Expected one of 'plain', 'fused' for --kernels but received 'fast'"],
  [['train', '--input-size', '16'], 'Expected an integer from 32 to 8192 for --input-size but received 16'],
  [['train', '--', 'photos'], "thaw train does not take 'photos'; see thaw train --help."],
  [['train', '--json=yes'], '--json is a switch and takes no value.'],
  [['train', 'photos'], "thaw train does not take 'photos'; see thaw train --help."],
  [['train', '--resume'], '--resume needs --out DIR'],
  [['train', '--resume', '--out', 'nowhere'], 'There is no run to resume in nowhere.'],
  [['train', '--val', 'x'], 'Give --data beside --val'],
  [
    ['train', '--data', 'x', '--val', 'y', '--validation-split', '0.2'],
    'Give either --val or --validation-split, not both.',
  ],
  [['train', '--schedule', 'cosinus'], "The schedule 'cosinus' is not understood: did you mean cosine?"],
  [['train', '--schedule', 'step:0:0.1'], "The schedule 'step:0:0.1' is not understood"],
  [['train', '--unfreeze', 'last:x'], "Expected a positive number of layers in 'last:x'."],
  [['train', '--class-weights', 'cat=2'], "The class weight 'cat=2' is not understood"],
  [
    ['train', '--device', 'gpu'],
    "Expected 'auto', 'cpu', 'cuda' or 'cuda:N' for --device but received 'gpu'",
  ],
  [['train', '--head', 'flaten,dense'], "The head's 'flaten' is not understood: did you mean flatten?"],
  [['train', '--config', 'no.json'], 'no.json does not exist.'],
  [['evaluate'], 'thaw evaluate needs --data PATH'],
  [['evaluate', '--data', '.'], 'thaw evaluate needs --model FILE'],
  [['predict', '--model', 'm'], 'thaw predict needs at least one IMAGE.'],
  [['predict', 'a.jpg'], 'thaw predict needs --model FILE'],
  [['convert', 'a.pt'], 'thaw convert takes two files: IN and OUT.'],
  [
    ['convert', 'a.pt', 'b.zip'],
    'Expected OUT to end in .safetensors, .pt, .ts, .pth, .keras, .weights.h5, .h5,',
  ],
  [['summary', '--unfreeze', 'last:'], 'Expected a positive number of layers'],
])('thaw %j is unusable: one sentence, exit code 2', async (args, message) => {
  const { code, stderr, stdout } = await commandLine(args, unreachable);
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/^thaw: [^\n]+\n$/);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test.each([
  ['{"batchsize": 3}', 'Unknown option batchsize in', 'did you mean batchSize?'],
  [
    '{"batchSize": "3"}',
    "Expected a positive integer or 'auto' for batchSize in",
    "but received '3' of type string",
  ],
  ['{"learningRate": -1}', 'Expected a number from 0 to 1000 for learningRate in', 'but received -1'],
  ['{"optimizer": "lion"}', "Expected one of 'adam', 'adamw', 'sgd' for optimizer in", "received 'lion'"],
  ['{"accumulate": 2, "accumulationSteps": 3}', 'The option accumulationSteps is given twice in', ''],
  ['{"maxSkipped": 2}', 'Expected a number from 0 to 1 for maxSkipped in', 'but received 2'],
  ['{"out": "x"}', 'The option out in', 'give it as --out on the command line'],
  ['[1]', 'Expected an object with options', ''],
  ['{"epochs": 3', 'is not JSON:', ''],
])('a configuration of %s is refused', async (text, first, second) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'run.json'), text);
  const { code, stderr } = await commandLine(['train', '--config', 'run.json'], unreachable, { cwd });
  expect(stderr).toContain(first);
  expect(stderr).toContain(second);
  expect(stderr).toContain('run.json');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

test('--verbose adds the stack, nothing else does', async () => {
  const args = ['train', '--epochs', '0'];
  expect((await commandLine(args, unreachable)).stderr).not.toMatch(/\n {4}at /);
  expect((await commandLine([...args, '--verbose'], unreachable)).stderr).toMatch(/\n {4}at /);
});

test('help and version need no library', async () => {
  const overview = await commandLine(['--help'], unreachable);
  expect(overview.code).toBe(0);
  for (const name of ['train', 'evaluate', 'predict', 'summary', 'doctor', 'convert', 'setup']) {
    expect(overview.stdout).toContain(`\n  ${name} `);
  }
  const train = await commandLine(['train', '--help'], unreachable);
  for (const flag of ['--data', '--batch-size N', '--optimizer adam|adamw|sgd', '(default 32)', '--resume']) {
    expect(train.stdout).toContain(flag);
  }
  expect(Math.max(...train.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect((await commandLine(['--version'], unreachable)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
