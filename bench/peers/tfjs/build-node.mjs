// Builds tfjs-node's addon from source against the C library inside a TensorFlow wheel, where its own binary cannot be
// downloaded: `npm run build-node -- PYTHON`, a Python that has tensorflow.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [python = 'python3'] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const find = 'import importlib.util as u; print(u.find_spec("tensorflow").submodule_search_locations[0])';
const tensorflow = execFileSync(python, ['-c', find], { encoding: 'utf8' }).trim();
const addon = path.dirname(require.resolve('@tensorflow/tfjs-node/package.json'));

mkdirSync(path.join(addon, 'deps/lib'), { recursive: true });
link(path.join(tensorflow, 'include'), 'include');
for (const [file, name] of [
  ['libtensorflow_cc.so.2', 'libtensorflow'],
  ['libtensorflow_framework.so.2', 'libtensorflow_framework'],
])
  for (const as of [file, `${name}.so.2`, `${name}.so`]) link(path.join(tensorflow, `${file}`), `lib/${as}`);

// Headers that came with this Node spare a download.
const prefix = path.dirname(path.dirname(process.execPath));
const headers = existsSync(path.join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
const named = ['--module_name=tfjs_binding', `--module_path=${path.join(addon, 'lib/napi-v8')}`];
const versions = ['--napi_version=9', '--napi_build_version=8'];
const gyp = [require.resolve('node-gyp/bin/node-gyp.js'), 'configure', 'build'];
execFileSync(process.execPath, [...gyp, ...headers, ...versions, ...named], { cwd: addon, stdio: 'inherit' });

/** @param {string} target @param {string} name */
function link(target, name) {
  const at = path.join(addon, 'deps', name);
  rmSync(at, { recursive: true, force: true });
  symlinkSync(target, at);
}
