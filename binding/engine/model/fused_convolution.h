// A convolution with what follows it, in as few passes over the activation as the device allows.
#pragma once

#include "engine/torch.h"

namespace thaw::model {

// relu?(convolution(x) + bias + residual?) under autograd; an undefined residual is none. On the
// CPU the convolution adds the bias itself; on CUDA, where it would be a pass of its own, bias,
// residual and ReLU are one.
at::Tensor fused_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             int64_t stride, int64_t padding, bool relu = false,
                             const at::Tensor& residual = {});

// relu?(y + residual?), in y's memory.
at::Tensor add_relu_(at::Tensor y, bool relu, const at::Tensor& residual);

}  // namespace thaw::model
