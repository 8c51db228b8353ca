/**
 * `npm run fidelity`: what the libraries that own the formats compute from our files, and we from theirs; writes the
 * table of docs/formats.md. Needs a Python with keras, tensorflow, torch, torchvision, safetensors and onnxruntime
 * (THAW_TEST_PYTHON, else python3), and TensorFlow.js in node_modules.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../lib/files/package-root.ts';
import { loadResNet, type ResNet, type Tensor } from '../lib/index.ts';
import { runPeer } from '../test/support/python.ts';
import { predict } from '../test/support/tfjs.ts';

const SIDE = 64;
const VARIANTS = ['torchvision', 'keras'] as const;
type Variant = (typeof VARIANTS)[number];

/** What each library writes that is read, and which of its networks that is. */
const WRITTEN: readonly (readonly [file: string, title: string, owner: string, variant: Variant])[] = [
  ['torch.pth', 'state dict (.pth)', 'PyTorch', 'torchvision'],
  ['torch-legacy.pth', 'state dict, before the zip format', 'PyTorch', 'torchvision'],
  ['torch-checkpoint.pth', 'checkpoint of DataParallel', 'PyTorch', 'torchvision'],
  ['torch-scripted.pt', 'TorchScript, scripted', 'PyTorch', 'torchvision'],
  ['torch-traced.pt', 'TorchScript, traced', 'PyTorch', 'torchvision'],
  ['torch.safetensors', 'safetensors', 'safetensors', 'torchvision'],
  ['keras.keras', '.keras', 'Keras', 'keras'],
  ['keras.h5', '.h5', 'Keras', 'keras'],
  ['keras.weights.h5', '.weights.h5', 'Keras', 'keras'],
];

/** What is written here, and whose library opens it. */
const SAVED: readonly (readonly [
  suffix: string,
  title: string,
  owner: string,
  variants: readonly Variant[],
])[] = [
  ['pt', 'TorchScript', 'PyTorch', VARIANTS],
  ['pth', 'state dict (.pth), strict', 'torchvision', ['torchvision']],
  ['safetensors', 'safetensors, strict', 'torchvision', ['torchvision']],
  ['keras', '.keras', 'Keras', VARIANTS],
  ['h5', '.h5', 'Keras', VARIANTS],
  ['weights.h5', '.weights.h5', 'Keras', ['keras']],
  ['onnx', 'ONNX', 'onnxruntime', VARIANTS],
];

const python = process.env.THAW_TEST_PYTHON ?? 'python3';
const folder = mkdtempSync(path.join(tmpdir(), 'thaw-fidelity-'));
try {
  const rows: string[][] = [];
  const note = (...row: string[]) => {
    rows.push(row);
    console.error(row.join('  '));
  };
  const { outputs, versions } = runPeer<{
    outputs: Record<Variant, number[]>;
    versions: Record<string, string>;
  }>(python, 'fidelity.py', ['make', folder]);
  const named = (owner: string) => `${owner} ${versions[owner]}`;
  const inputs = Object.fromEntries(VARIANTS.map((variant) => [variant, input(variant)]));

  for (const [file, title, owner, variant] of WRITTEN) {
    const model = await loadResNet(undefined, load(file));
    const found = await run(model, variant);
    note('in', variant, title, named(owner), difference(found, outputs[variant]));
    model.dispose();
  }

  const own: Partial<Record<Variant, ArrayLike<number>>> = {};
  for (const variant of VARIANTS) {
    const model = await loadResNet(undefined, load(variant === 'keras' ? 'keras.keras' : 'torch.pth'));
    own[variant] = await run(model, variant);
    for (const [suffix, , , variants] of SAVED) {
      if (variants.includes(variant)) await model.save(path.join(folder, `out-${variant}.${suffix}`));
    }
    mkdirSync(path.join(folder, `tfjs-${variant}`));
    await model.save(path.join(folder, `tfjs-${variant}`, 'model.json'));
    model.dispose();
  }
  const checked = runPeer<Record<string, number[]>>(python, 'fidelity.py', ['check', folder]);
  for (const [suffix, title, owner, variants] of SAVED) {
    for (const variant of variants) {
      const found = checked[`${variant}.${suffix}`] ?? [];
      note('out', variant, title, named(owner), difference(found, own[variant] ?? []));
    }
  }
  const tf = await import('@tensorflow/tfjs');
  for (const variant of VARIANTS) {
    const json = path.join(`tfjs-${variant}`, 'model.json');
    const values = Float32Array.from(inputs[variant]?.data ?? []);
    // As Keras' network: blue first.
    if (variant === 'keras') for (let i = 0; i < values.length; i += 3) values.subarray(i, i + 3).reverse();
    const found = await predict(tf, path.join(folder, `tfjs-${variant}`), values, SIDE);
    const theirs = `TensorFlow.js ${tf.version.tfjs}`;
    note('out', variant, 'model.json', theirs, difference(found, own[variant] ?? []));
    const model = await loadResNet(undefined, load(json));
    note(
      'in',
      variant,
      'model.json',
      'thaw itself',
      difference(await run(model, variant), own[variant] ?? []),
    );
    model.dispose();
  }

  function load(file: string) {
    // What no description says: the size of the images.
    const inputShape = [SIDE, SIDE, 3] as const;
    return { weights: path.join(folder, file), device: 'cpu' as const, inputShape };
  }

  function input(variant: Variant): Tensor {
    const { buffer, byteOffset, byteLength } = readFileSync(path.join(folder, `${variant}.f32`));
    const data = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    return { data, shape: [2, SIDE, SIDE, 3] };
  }

  /** Probabilities of Keras' network, which ends in a softmax; logits of torchvision's. */
  async function run(model: ResNet, variant: Variant): Promise<ArrayLike<number>> {
    const { data } = await model.apply(inputs[variant] as Tensor, { precision: 'float32' });
    return data;
  }

  insert([['direction', 'network', 'format', 'library', 'largest difference'], ...rows]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Relative to the largest value. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): string {
  if (a.length !== b.length || a.length === 0) throw new Error(`${a.length} outputs instead of ${b.length}`);
  let largest = 0;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs(b[i] ?? 0));
    most = Math.max(most, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  }
  return (most / largest).toExponential(1);
}

function insert(rows: readonly (readonly string[])[]): void {
  const file = path.join(packageRoot(), 'docs', 'formats.md');
  const text = readFileSync(file, 'utf8');
  const [head = [], ...body] = rows.map((row) => `| ${row.join(' | ')} |`);
  const table = [head, `|${'---|'.repeat(rows[0]?.length ?? 0)}`, ...body].join('\n');
  const marks = /(<!-- fidelity -->\n)[\s\S]*?(\n?<!-- \/fidelity -->)/;
  if (!marks.test(text)) throw new Error(`${file} has no place for the table.`);
  writeFileSync(file, text.replace(marks, `$1${table}\n<!-- /fidelity -->`));
}
