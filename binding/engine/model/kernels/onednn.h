// Frozen convolutions on the CPU through oneDNN: weights laid out once for the processor at hand;
// bias, sum and ReLU applied while the result is still in registers.
//
// libtorch exports no oneDNN symbols. The operators below are registered for PyTorch's own compiler
// (torch._inductor), and are reached through the dispatcher.
#pragma once

#include <memory>

#include "engine/model/kernels/kernel.h"

namespace thaw::model {

// This libtorch and processor have what it takes.
bool onednn_computes(at::ScalarType compute);

// The weights are laid out for so many images of the step's input at a time; others work, perhaps
// slower.
std::unique_ptr<const ConvolutionKernel> onednn_kernel(const ConvolutionStep& step, int64_t images,
                                                       at::ScalarType compute);

}  // namespace thaw::model
