// How large numbers are, read at the speed of memory: for what looks at every gradient of every
// step.
#pragma once

#include <vector>

#include "engine/torch.h"

namespace thaw::train {

// The largest magnitude in float32 tensors on the CPU; NaN where there is one, 0 where there is
// nothing.
float largest_magnitude(const std::vector<at::Tensor>& tensors);

}  // namespace thaw::train
