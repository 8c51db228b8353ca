"""Says which of the packages that the peers use are here, without importing them."""

import json
import platform
from importlib import metadata

# Each with the names under which it is distributed.
PACKAGES = {
    "torch": ["torch"],
    "torchvision": ["torchvision"],
    "numpy": ["numpy"],
    "pillow": ["pillow"],
    "tensorflow": ["tensorflow", "tensorflow-cpu"],
    "keras": ["keras"],
}

versions = {"python": platform.python_version()}
for package, names in PACKAGES.items():
    for name in names:
        try:
            versions[package] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
print(json.dumps(versions))
