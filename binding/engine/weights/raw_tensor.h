// Tensors filled from a file's bytes.
#pragma once

#include "engine/torch.h"

namespace thaw::weights {

// Any byte but 0 and 1 in a C++ bool is undefined behaviour, and a file may hold any byte.
inline void normalize_bools(at::Tensor& tensor) {
  if (tensor.scalar_type() != at::kBool) return;
  auto* bytes = static_cast<uint8_t*>(tensor.data_ptr());
  for (int64_t i = 0; i < tensor.numel(); ++i) bytes[i] = bytes[i] != 0 ? 1 : 0;
}

}  // namespace thaw::weights
