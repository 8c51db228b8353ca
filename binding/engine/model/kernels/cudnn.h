// Frozen convolutions on a CUDA device by cuDNN: bias, sum and ReLU are part of the convolution's
// kernel.
#pragma once

#include <memory>

#include "engine/model/kernels/kernel.h"

namespace thaw::model {

// Of a step with a ReLU. Where cuDNN throws (it has no kernel for a shape or type), the convolution
// goes on by libtorch's operators for good, and a notice says so. Out of memory is no such reason:
// c10::OutOfMemoryError passes through.
std::unique_ptr<const ConvolutionKernel> cudnn_kernel(const ConvolutionStep& step,
                                                      at::ScalarType compute);

}  // namespace thaw::model
