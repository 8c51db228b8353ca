#ifndef THAW_CUDA
#include "engine/device/cuda.h"
#include "engine/error.h"

namespace thaw::device {

bool cuda_is_built() { return false; }
int cuda_device_count() { return 0; }
std::shared_ptr<const Backend> make_cuda_backend(int) {
  fail("ERR_DEVICE_NOT_FOUND",
       "This build of thaw is for the CPU; run `thaw setup --cuda` for CUDA.");
}
void describe_cuda(DeviceFacts&) {}

}  // namespace thaw::device
#endif
