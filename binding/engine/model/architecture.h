// The residual networks of torchvision: what distinguishes ResNet-18, 34, 50, 101 and 152.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace thaw::model {

struct Architecture {
  std::string name;               // torchvision's: "resnet50"
  bool bottleneck;                // three convolutions a block (1x1, 3x3, 1x1), else two 3x3
  std::array<int64_t, 4> depths;  // blocks in layer1..layer4

  int64_t expansion() const { return bottleneck ? 4 : 1; }
  int64_t features() const { return 512 * expansion(); }  // channels of layer4's output
};

// Throws ERR_UNKNOWN_ARCHITECTURE.
const Architecture& find_architecture(const std::string& name);

}  // namespace thaw::model
