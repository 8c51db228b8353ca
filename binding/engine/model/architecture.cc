#include "engine/model/architecture.h"

#include "engine/error.h"

namespace thaw::model {

Architecture find_architecture(const std::string& name, Variant variant) {
  // He et al., "Deep Residual Learning for Image Recognition", table 1.
  static const std::array<Architecture, 5> all = {{
      {"resnet18", false, {2, 2, 2, 2}},
      {"resnet34", false, {3, 4, 6, 3}},
      {"resnet50", true, {3, 4, 6, 3}},
      {"resnet101", true, {3, 4, 23, 3}},
      {"resnet152", true, {3, 8, 36, 3}},
  }};
  for (const Architecture& architecture : all) {
    if (architecture.name != name) continue;
    if (variant == Variant::kKeras && !architecture.bottleneck) {
      fail("ERR_UNKNOWN_ARCHITECTURE", "Keras has no ", name,
           "; its networks are resnet50, resnet101, resnet152.");
    }
    Architecture found = architecture;
    found.variant = variant;
    return found;
  }
  fail("ERR_UNKNOWN_ARCHITECTURE", "There is no architecture '", name,
       "'; it is one of resnet18, resnet34, resnet50, resnet101, resnet152.");
}

}  // namespace thaw::model
