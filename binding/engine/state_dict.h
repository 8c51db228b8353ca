// Named tensors in order: what weight files hold and what a network is loaded from.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/torch.h"

namespace thaw {

// Parameters and buffers by torchvision's names (`layer1.0.conv1.weight`), in file or network
// order.
using StateDict = std::vector<std::pair<std::string, at::Tensor>>;

// Free text that travels with the tensors (safetensors' `__metadata__`).
using Metadata = std::map<std::string, std::string>;

}  // namespace thaw
