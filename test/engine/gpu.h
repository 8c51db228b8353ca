// For tests that need a CUDA device: they say that they were skipped where there is none.
#pragma once

#include <cstdio>
#include <memory>

#include "engine/device/backend.h"
#include "engine/device/cuda.h"

namespace check {

// The first CUDA device, or null, having said that the test is skipped.
inline std::shared_ptr<const thaw::device::Backend> gpu() {
  if (thaw::device::cuda_device_count() > 0) return thaw::device::make_backend("cuda");
  std::printf("     skipped: there is no CUDA device here\n");
  return nullptr;
}

}  // namespace check
