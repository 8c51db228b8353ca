// Small tensors that are made on the host in the middle of the work.
#pragma once

#include "engine/torch.h"

namespace thaw::device {

// `host` on `device`, in the order of the calling thread's work there, without waiting for that
// work: a copy from ordinary memory would.
inline at::Tensor send(const at::Tensor& host, at::Device device) {
  return device.is_cuda() ? host.pin_memory().to(device, /*non_blocking=*/true) : host.to(device);
}

}  // namespace thaw::device
