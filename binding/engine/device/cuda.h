// The CUDA side. In a CPU build these say that there is none (no_cuda.cc).
#pragma once

#include <memory>

#include "engine/device/backend.h"

namespace thaw::device {

bool cuda_is_built();
int cuda_device_count();
std::shared_ptr<const Backend> make_cuda_backend(int index);
void describe_cuda(DeviceFacts& facts);

}  // namespace thaw::device
