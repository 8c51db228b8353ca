// A convolution with what follows it by libtorch's operators, one after the other: on every device,
// under autograd.
#pragma once

#include "engine/torch.h"

namespace thaw::model {

// relu?(y + residual?), in y's memory; an undefined residual is none.
inline at::Tensor add_relu_(at::Tensor y, bool relu, const at::Tensor& residual) {
  if (residual.defined()) y.add_(residual);
  return relu ? y.relu_() : y;
}

// relu?(convolution(x) + bias + residual?)
inline at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           int64_t stride, int64_t padding, bool relu, const at::Tensor& residual) {
  return add_relu_(at::conv2d(x, weight, bias, {stride, stride}, {padding, padding}), relu,
                   residual);
}

}  // namespace thaw::model
