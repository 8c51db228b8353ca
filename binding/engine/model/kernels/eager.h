// Frozen convolutions by libtorch's operators one after the other: on every device.
#pragma once

#include <memory>

#include "engine/model/kernels/frozen_convolution.h"
#include "engine/model/modules.h"

namespace thaw::model {

std::unique_ptr<FrozenConvolution> make_eager_convolution(const ConvolutionNorm& pair,
                                                          at::ScalarType compute);

}  // namespace thaw::model
