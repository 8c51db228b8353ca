// Programs of our own on a CUDA device.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/device/kernels.h"

namespace thaw::device {

// `source`, compiled for CUDA device `index` with `definitions` as macros. Null, and why in
// `reason`, where it cannot be: there is no compiler, or it knows the device not. Takes a fraction
// of a second.
std::unique_ptr<Kernels> make_cuda_kernels(int index, const char* source,
                                           const std::vector<std::string>& definitions,
                                           std::string& reason);

}  // namespace thaw::device
