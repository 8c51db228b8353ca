// Frozen convolutions on the CPU through oneDNN: weights laid out once for the processor at hand;
// bias, sum and ReLU applied while the result is still in registers.
//
// libtorch exports no oneDNN symbols. The operators below are registered for PyTorch's own compiler
// (torch._inductor), and are reached through the dispatcher.
#pragma once

#include <memory>

#include "engine/model/kernels/frozen_convolution.h"
#include "engine/model/modules.h"

namespace thaw::model {

// This libtorch and processor have what it takes.
bool onednn_computes(at::ScalarType compute);

// `input`: the sizes [N, in, H, W] for which the weights are laid out.
std::unique_ptr<FrozenConvolution> make_onednn_convolution(const ConvolutionNorm& pair,
                                                           at::IntArrayRef input,
                                                           at::ScalarType compute);

}  // namespace thaw::model
