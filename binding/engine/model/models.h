// The networks that there are: a row each.
#pragma once

#include <string>
#include <vector>

#include "engine/model/families/resnet.h"
#include "engine/model/head.h"
#include "engine/model/variant.h"

namespace thaw::model {

struct Architecture {
  std::string name;  // torchvision's: "resnet50"
  ResNet network;
  bool in_keras = false;  // keras.applications has it, in a way of its own
  Variant variant = Variant::kTorchvision;
};

void fields(auto& visit, Of<Architecture> auto& architecture) {
  visit("name", architecture.name);
  visit("variant", architecture.variant);
}

// Every network in every variant that there is of it.
const std::vector<Architecture>& architectures();

// Throws ERR_UNKNOWN_ARCHITECTURE, also for a variant that there is no such network of.
Architecture find_architecture(const std::string& name, Variant variant = Variant::kTorchvision);

struct InputShape {
  int64_t height = 224;
  int64_t width = 224;
};

// The backbone and the head on it; an empty head ends at the feature map. Throws
// ERR_INVALID_ARGUMENT for an input under 32 pixels or a head that does not fit together.
Graph make_graph(const Architecture& architecture, InputShape input,
                 const std::vector<HeadLayer>& head, Initializer initializer);

}  // namespace thaw::model
