"""What the PyTorch peers share beyond common.py."""

import sys

import torch

import common

torch.set_num_threads(common.CORES)


def import_torchvision():
    """torchvision; where its compiled operators do not load, with two stubs in place of them.

    Nothing here calls them, but torchvision describes them to torch while it is imported.
    """
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

        torchvision.stub_operators = library  # kept alive as long as the module
    return torchvision


def read_pixels(path, shape):
    """Raw float32 [N, H, W, 3] -> a view of it as [N, 3, H, W]: channels-last memory."""
    return torch.from_numpy(common.read_pixels(path, shape)).permute(0, 3, 1, 2)
