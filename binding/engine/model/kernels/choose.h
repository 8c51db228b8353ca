// Which way the frozen part is computed on which device: nothing else in model/ knows.
#pragma once

#include <memory>

#include "engine/device/kernels.h"
#include "engine/model/kernels/frozen_convolution.h"
#include "engine/model/modules.h"

namespace thaw::model {

// Plain: libtorch's operators. Fused: oneDNN on the CPU, cuDNN on CUDA, where they compute such a
// convolution, else libtorch's operators. `height`, `width`: of the images that it will mostly be
// called with; others work, perhaps slower.
std::unique_ptr<FrozenConvolution> make_frozen_convolution(const ConvolutionNorm& pair,
                                                           int64_t height, int64_t width,
                                                           at::ScalarType compute,
                                                           device::Kernels kernels);

// Into how many images at a time a batch of `batch` is cut on its way through the frozen part.
int64_t images_at_a_time(at::Device device, int64_t batch);

}  // namespace thaw::model
