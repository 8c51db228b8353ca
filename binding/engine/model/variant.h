// Whose way a network is built in.
#pragma once

namespace thaw::model {

enum class Variant {
  kTorchvision,  // the stride of a bottleneck in its 3x3 convolution (v1.5)
  kKeras,        // in its first 1x1 convolution; convolutions with biases, and another epsilon
};

}  // namespace thaw::model
