"""Imports torchvision also where its compiled operators do not fit the torch beside it: no network here needs them."""

import torch

try:
    import torchvision
except RuntimeError:
    stubs = torch.library.Library('torchvision', 'DEF')
    stubs.define('nms(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor')
    stubs.define('qnms(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor')
    import torchvision

__all__ = ['torchvision']
