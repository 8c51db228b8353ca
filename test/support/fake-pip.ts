import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeTree } from './folders.ts';

/** Packs a folder's content into a zip archive, as wheels and libtorch's archives are. */
export function packZip(file: string, folder: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  execFileSync('cmake', ['-E', 'tar', 'cf', file, '--format=zip', '.'], { cwd: folder });
}

// Looks for a wheel per requirement in $FAKE_WHEELS: an exact one (name==version) or any of that name.
const PYTHON = `#!/bin/bash
if [ "$1" = -c ]; then echo "[\\"3.11.7\\", $FAKE_TORCH]"; exit; fi
[ "$1 $2" = "-m pip" ] || exit 1
[ "$3" = --version ] && { echo "pip 23.2.1 from here"; exit; }
echo "\${@:3}" >> "$FAKE_LOG"
found=()
while [ $# -gt 0 ]; do
  case "$1" in
    --dest) dest="$2"; shift ;;
    --extra-index-url|--python-version|--abi|--platform|--implementation|--only-binary) shift ;;
    -*|download) ;;
    pip) ;;
    *)
      name="\${1%%[=<>!]*}"; rest="\${1#"$name"}"; rest="\${rest%%,*}"; version="\${rest#==}"; version="\${version%.\\*}"
      case "$rest" in ==*) pattern="\${name//-/_}-$version" ;; *) pattern="\${name//-/_}-" ;; esac
      wheel=$(ls "$FAKE_WHEELS"/$pattern*.whl 2>/dev/null | head -1)
      if [ -z "$wheel" ]; then
        echo "ERROR: Could not find a version that satisfies the requirement $1 (from versions: none)" >&2
        exit 1
      fi
      found+=("$wheel") ;;
  esac
  shift
done
cp "\${found[@]}" "$dest"
`;

/** A folder with a python3 whose pip has the wheels of a folder, and the environment to use it. */
export function fakePython(root: string, torch?: string) {
  const bin = path.join(root, 'bin');
  const wheels = path.join(root, 'wheels');
  const log = path.join(root, 'pip.log');
  writeTree(root, { 'bin/python3': PYTHON, 'pip.log': '' });
  chmodSync(path.join(bin, 'python3'), 0o755);
  mkdirSync(wheels, { recursive: true });
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    THAW_CACHE: path.join(root, 'cache'),
    // Nothing listens there: no test fetches the official archive.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    FAKE_WHEELS: wheels,
    FAKE_LOG: log,
    FAKE_TORCH: torch === undefined ? 'null' : `"${torch}/__init__.py"`,
  };
  const calls = () => readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return { env, wheels, calls };
}
