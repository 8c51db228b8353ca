// Builds tfjs-node's addon from source against the C library inside a TensorFlow wheel, where its own binary cannot be
// downloaded: `npm run build-node -- PYTHON`, a Python that has tensorflow.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [python] = process.argv.slice(2);
if (!python) {
  console.error('Name a Python that has tensorflow: npm run build-node -- PYTHON');
  process.exit(2);
}
const require = createRequire(import.meta.url);
const find =
  'import importlib.util; print(importlib.util.find_spec("tensorflow").submodule_search_locations[0])';
const tensorflow = execFileSync(python, ['-c', find], { encoding: 'utf8' }).trim();
const addon = path.dirname(require.resolve('@tensorflow/tfjs-node/package.json'));

const lib = path.join(addon, 'deps/lib');
mkdirSync(lib, { recursive: true });
link(path.join(tensorflow, 'include'), path.join(addon, 'deps/include'));
link(path.join(tensorflow, 'libtensorflow_cc.so.2'), path.join(lib, 'libtensorflow_cc.so.2'));
link('libtensorflow_cc.so.2', path.join(lib, 'libtensorflow.so.2'));
link('libtensorflow.so.2', path.join(lib, 'libtensorflow.so'));
link(path.join(tensorflow, 'libtensorflow_framework.so.2'), path.join(lib, 'libtensorflow_framework.so.2'));
link('libtensorflow_framework.so.2', path.join(lib, 'libtensorflow_framework.so'));

// Headers that came with this Node spare a download.
const prefix = path.dirname(path.dirname(process.execPath));
const headers = existsSync(path.join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
execFileSync(
  process.execPath,
  [
    require.resolve('node-gyp/bin/node-gyp.js'),
    'configure',
    'build',
    ...headers,
    '--napi_version=9',
    '--napi_build_version=8',
    '--module_name=tfjs_binding',
    `--module_path=${path.join(addon, 'lib/napi-v8')}`,
  ],
  { cwd: addon, stdio: 'inherit' },
);

/** @param {string} target @param {string} at */
function link(target, at) {
  rmSync(at, { recursive: true, force: true });
  symlinkSync(target, at);
}
