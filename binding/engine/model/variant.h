// Whose way a network is built in.
#pragma once

#include "engine/fields.h"

namespace thaw::model {

enum class Variant {
  kTorchvision,  // the stride of a bottleneck in its 3x3 convolution (v1.5)
  kKeras,        // in its first 1x1 convolution; convolutions with biases, and another epsilon
};

constexpr auto names(Variant) {
  return std::to_array<Name<Variant>>(
      {{Variant::kTorchvision, "torchvision"}, {Variant::kKeras, "keras"}});
}

}  // namespace thaw::model
