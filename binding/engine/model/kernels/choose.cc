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

std::unique_ptr<FrozenConvolution> make_frozen_convolution(const ConvolutionNorm& pair,
                                                           int64_t height, int64_t width,
                                                           at::ScalarType compute,
                                                           device::Kernels kernels) {
  const at::Device device = pair.convolution.weight.device();
  const int64_t channels = pair.convolution.in;
  if (kernels == device::Kernels::kFused) {
    if (device.is_cpu() && onednn_computes(compute))
      return make_onednn_convolution(pair, {kGroup, channels, height, width}, compute);
    // cuDNN's fused kernels are slow for the stem's three channels (pytorch/pytorch#68506).
    if (device.is_cuda() && channels % 8 == 0) return make_cudnn_convolution(pair, compute);
  }
  return make_eager_convolution(pair, compute);
}

int64_t images_at_a_time(at::Device device, int64_t batch) {
  if (!device.is_cpu()) return std::max<int64_t>(batch, 1);
  // Equal groups, the last one all but full: of 12 images 6 at a time, not 8 and 4.
  const int64_t groups = (batch + kGroup - 1) / kGroup;
  return groups > 0 ? (batch + groups - 1) / groups : 1;
}

}  // namespace thaw::model
