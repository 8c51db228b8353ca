"""torchvision's network with the weights of a folder.

Arguments: the architecture, the folder with tensors.json ([[name, shape], ...]), tensors.bin (float32, end to end)
and inputs.bin (float32 [batch, side, side, 3]), the side. Prints the outputs.
"""

import json
import pathlib
import sys

import numpy as np
import torch

# torchvision registers a kernel for operators that a CPU build may lack.
library = torch.library.Library("torchvision", "DEF")
for schema in ("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",):
    try:
        library.define(schema)
        library.define(schema.replace("nms(", "qnms("))
    except RuntimeError:
        pass
import torchvision  # noqa: E402

torch.set_num_threads(2)
architecture, folder, side = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
values = torch.from_numpy(np.fromfile(folder / "tensors.bin", "<f4"))
state, start = {}, 0
for name, shape in json.loads((folder / "tensors.json").read_text()):
    count = int(np.prod(shape))
    state[name] = values[start : start + count].reshape(shape)
    start += count
network = getattr(torchvision.models, architecture)(num_classes=state["fc.bias"].shape[0])
missing, unexpected = network.load_state_dict(state, strict=False)
assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
inputs = torch.from_numpy(np.fromfile(folder / "inputs.bin", "<f4")).reshape(-1, side, side, 3)
with torch.no_grad():
    outputs = network.eval()(inputs.permute(0, 3, 1, 2).contiguous())
print(json.dumps({"version": torchvision.__version__, "outputs": outputs.ravel().tolist()}))
