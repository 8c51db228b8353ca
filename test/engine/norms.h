// What the tests of BatchNorm draw, and how they compare.
#pragma once

#include "engine/model/modules.h"
#include "engine/torch.h"

namespace norms {

inline at::Tensor channels_last(const at::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

inline thaw::model::BatchNorm drawn_norm(int64_t channels) {
  return {.channels = channels,
          .weight = at::empty({channels}).uniform_(-1.5, 1.5).requires_grad_(),
          .bias = at::randn({channels}).requires_grad_(),
          .running_mean = at::randn({channels}),
          .running_var = at::empty({channels}).uniform_(0.5, 1.5),
          .batches_tracked = at::zeros({}, at::kLong)};
}

// The largest difference, in shares of the largest value expected; on the CPU in float64.
inline double distance(const at::Tensor& actual, const at::Tensor& expected) {
  const auto wide = [](const at::Tensor& t) { return t.detach().to(at::kCPU, at::kDouble); };
  const at::Tensor off = (wide(actual) - wide(expected)).abs().max();
  return (off / wide(expected).abs().max().clamp_min(1e-12)).item<double>();
}

}  // namespace norms
