// The frozen part on a CUDA device: a convolution with its bias, sum and ReLU is one cuDNN kernel.
#pragma once

#include <memory>

#include "engine/model/frozen_part.h"

namespace thaw::model {

// cuDNN fuses for this device and type: CUDA, and float32, bfloat16 or float16.
bool cudnn_fuses(at::Device device, at::ScalarType compute);

// As make_frozen_part(). forward() throws c10::Error where cuDNN finds no kernel for a shape.
std::unique_ptr<FrozenPart> make_cudnn_frozen_part(const Network& network, int units,
                                                   at::ScalarType compute);

}  // namespace thaw::model
