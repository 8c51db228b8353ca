// Which way a convolution is computed on which device: nothing else in model/ knows.
#pragma once

#include <memory>

#include "engine/device/kernels.h"
#include "engine/model/kernels/kernel.h"

namespace thaw::model {

// For inference alone: the weights are copied, folded and laid out. Plain: libtorch's operators.
// Fused: oneDNN on the CPU, cuDNN on CUDA, where they compute such a convolution, else libtorch's
// operators.
std::unique_ptr<const ConvolutionKernel> inference_kernel(const ConvolutionStep& step,
                                                          at::ScalarType compute,
                                                          device::Kernels kernels);

// Under autograd, over the network's own weights; what is frozen of the step is prepared now.
std::unique_ptr<const ConvolutionKernel> training_kernel(const ConvolutionStep& step,
                                                         at::ScalarType compute);

// Into how many images at a time a batch of `batch` is cut on its way through the frozen part.
int64_t images_at_a_time(at::Device device, int64_t batch);

}  // namespace thaw::model
