// How a convolution with what follows it is computed here.
#pragma once

#include "engine/model/modules.h"

namespace thaw::model {

class ConvolutionKernel {
 public:
  virtual ~ConvolutionKernel() = default;

  // x [N, in, H, W] -> [N, out, h, w], channels-last, of the compute type; an undefined residual is
  // none. A kernel for inference may write its result over `residual`.
  virtual at::Tensor operator()(const at::Tensor& x, const at::Tensor& residual,
                                const Mode& mode) const = 0;
};

}  // namespace thaw::model
