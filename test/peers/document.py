"""Runs the Python of a document in docs/: the blocks of FOLDER/blocks.json by name, all in one namespace."""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
folder = Path(sys.argv[1])
os.chdir(folder)
blocks = json.loads(Path('blocks.json').read_text())


def run(name, namespace):
    exec(compile(blocks.pop(name), f'<{name}>', 'exec'), namespace)


def finish(result):
    """Prints what was found; every block has to have been run."""
    assert not blocks, f'Not run: {list(blocks)}'
    print(json.dumps(result))
