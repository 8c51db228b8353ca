// A convolution of the frozen part, its BatchNorm folded in, with what follows it: the three ways
// in which a residual network uses one. How it is computed is the implementation's affair.
#pragma once

#include "engine/torch.h"

namespace thaw::model {

class FrozenConvolution {
 public:
  virtual ~FrozenConvolution() = default;

  // x [N, in, H, W] -> [N, out, h, w], channels-last, of the compute type. No gradients.
  virtual at::Tensor plain(const at::Tensor& x) const = 0;
  virtual at::Tensor relu(const at::Tensor& x) const = 0;
  // relu(plain(x) + residual). May write its result over `residual`.
  virtual at::Tensor add_relu(const at::Tensor& x, const at::Tensor& residual) const = 0;
};

}  // namespace thaw::model
