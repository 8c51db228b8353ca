// What distinguishes the residual networks: ResNet-18, 34, 50, 101 and 152, torchvision's and
// Keras'.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace thaw::model {

enum class Variant {
  kTorchvision,  // the stride of a bottleneck in its 3x3 convolution (v1.5)
  kKeras,        // in its first 1x1 convolution; convolutions with biases, and another epsilon
};

struct Architecture {
  std::string name;               // torchvision's: "resnet50"
  bool bottleneck;                // three convolutions a block (1x1, 3x3, 1x1), else two 3x3
  std::array<int64_t, 4> depths;  // blocks in layer1..layer4
  Variant variant = Variant::kTorchvision;

  int64_t expansion() const { return bottleneck ? 4 : 1; }
  int64_t features() const { return 512 * expansion(); }  // channels of layer4's output
};

// Throws ERR_UNKNOWN_ARCHITECTURE, also for a variant that there is no such network of: Keras' have
// bottlenecks.
Architecture find_architecture(const std::string& name, Variant variant = Variant::kTorchvision);

}  // namespace thaw::model
