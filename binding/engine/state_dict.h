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

// A copy on the CPU, contiguous in the order of its shape.
inline at::Tensor host_copy(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach();
  return values.is_cpu() ? values.clone(at::MemoryFormat::Contiguous)
                         : values.to(at::kCPU).contiguous();
}

// Free text that travels with the tensors (safetensors' `__metadata__`).
using Metadata = std::map<std::string, std::string>;

}  // namespace thaw
