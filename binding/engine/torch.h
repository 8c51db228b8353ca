// The part of libtorch that the engine uses, precompiled once (see CMakeLists.txt).
// torch/torch.h (modules, optimizers, data loaders) is left out: it doubles the build time.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/types.h>
