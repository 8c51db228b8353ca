"""Says which of the packages that the peers need are here, without importing them."""

import json
import platform
from importlib import metadata

NEEDED = ["torch", "torchvision", "numpy", "pillow"]

versions = {"python": platform.python_version()}
missing = []
for name in NEEDED:
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        missing.append(name)
print(json.dumps({"missing": missing, "versions": versions}))
