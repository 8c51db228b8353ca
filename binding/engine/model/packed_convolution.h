// Frozen convolutions on the CPU through oneDNN: weights laid out once for the processor at hand;
// bias, sum and ReLU applied while the result is still in registers.
//
// libtorch exports no oneDNN symbols. The operators below are registered for PyTorch's own compiler
// (torch._inductor), and are reached through the dispatcher.
#pragma once

#include <memory>

#include "engine/model/frozen_convolution.h"

namespace thaw::model {

// The pair is on the CPU, and this libtorch and processor have what it takes.
bool can_pack(const ConvolutionNorm& pair, at::ScalarType compute);

// `input`: the sizes [N, in, H, W] for which the weights are laid out.
std::unique_ptr<FrozenConvolution> make_packed_convolution(const ConvolutionNorm& pair,
                                                           at::IntArrayRef input,
                                                           at::ScalarType compute);

}  // namespace thaw::model
