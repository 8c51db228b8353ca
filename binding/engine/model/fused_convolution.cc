#include "engine/model/fused_convolution.h"

#include "engine/model/norm/fused_norm.h"

namespace thaw::model {

at::Tensor fused_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             int64_t stride, int64_t padding, bool relu,
                             const at::Tensor& residual) {
  const auto convolve = [&](const at::Tensor& added) {
    return at::conv2d(x, weight, added, {stride, stride}, {padding, padding});
  };
  if (!relu || !x.is_cuda()) return add_relu_(convolve(bias), relu, residual);
  const at::Tensor y = convolve({});
  if (can_fuse_norm(y)) return fused_bias_relu(y, bias, residual);
  return add_relu_(y + bias.view({1, -1, 1, 1}), relu, residual);
}

at::Tensor add_relu_(at::Tensor y, bool relu, const at::Tensor& residual) {
  if (residual.defined()) y.add_(residual);
  return relu ? y.relu_() : y;
}

}  // namespace thaw::model
