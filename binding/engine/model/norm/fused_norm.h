// BatchNorm over the statistics of the batch, the residual's sum and ReLU as one function under
// autograd: a convolution's output is read twice and written once, where libtorch's operators take
// seven passes; backward likewise.
#pragma once

#include "engine/model/modules.h"
#include "engine/torch.h"

namespace thaw::model {

// Whether the functions below take `x`: float32 or bfloat16 [N, C, H, W] in channels-last memory,
// on the CPU.
bool can_fuse_norm(const at::Tensor& x);

// relu?(batch_norm(x) + residual?) in training: updates the running statistics as libtorch does
// (unbiased variance) and records gradients with respect to x, the norm's weight and bias, and the
// residual. A residual is of x's shape and type and asks for `relu`; undefined: none. Results do
// not depend on the number of threads.
at::Tensor fused_batch_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                            const at::Tensor& residual);

// The same by the running statistics; records no gradients.
at::Tensor fused_running_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                              const at::Tensor& residual);

}  // namespace thaw::model
