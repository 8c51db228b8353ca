#include "engine/model/kernels/choose.h"

#include <algorithm>

#include "engine/model/kernels/cudnn.h"
#include "engine/model/kernels/eager.h"
#include "engine/model/kernels/onednn.h"

namespace thaw::model {
namespace {

// On the CPU: few enough for their features to stay in its caches between one layer and the next,
// enough for both to be busy.
constexpr int64_t kGroup = 8;

}  // namespace

std::unique_ptr<const ConvolutionKernel> inference_kernel(const ConvolutionStep& step,
                                                          at::ScalarType compute,
                                                          device::Kernels kernels) {
  const at::Device device = step.convolution.weight.device();
  if (kernels == device::Kernels::kFused) {
    if (device.is_cpu() && onednn_computes(compute)) return onednn_kernel(step, kGroup, compute);
    // cuDNN's fused kernels are slow for the stem's three channels (pytorch/pytorch#68506).
    if (device.is_cuda() && step.relu && step.input.at(0) % 8 == 0)
      return cudnn_kernel(step, compute);
  }
  return folded_kernel(step, compute);
}

std::unique_ptr<const ConvolutionKernel> training_kernel(const ConvolutionStep& step,
                                                         at::ScalarType compute) {
  if (!step.norm || step.norm->trainable) return live_kernel(step, compute);
  return step.convolution.trainable ? scaled_kernel(step, compute) : folded_kernel(step, compute);
}

int64_t images_at_a_time(at::Device device, int64_t batch) {
  if (!device.is_cpu()) return std::max<int64_t>(batch, 1);
  // Equal groups, the last one all but full: of 12 images 6 at a time, not 8 and 4.
  const int64_t groups = (batch + kGroup - 1) / kGroup;
  return groups > 0 ? (batch + groups - 1) / groups : 1;
}

}  // namespace thaw::model
