// What BatchNorm with a residual and a ReLU computes on the CPU, below autograd.
#pragma once

#include "engine/model/modules.h"
#include "engine/torch.h"

// All activations [N, C, H, W] are channels-last and of one type, float32 or bfloat16; what is one
// value a channel is float32. An undefined residual is none; with one, `relu` is set.
namespace thaw::model {

// `statistics` [3, C] of the batch: mean, weight / deviation, 1 / deviation.
struct Normalised {
  at::Tensor y, statistics;
};
// relu?(batch_norm(x) + residual?) over the batch. Updates the norm's running statistics.
Normalised norm_forward(const at::Tensor& x, const BatchNorm& norm, bool relu,
                        const at::Tensor& residual);

struct NormGradients {
  at::Tensor x;  // undefined unless asked for
  at::Tensor weight, bias;
  at::Tensor residual;  // undefined without one
};
// Of what norm_forward() computed, from the gradient of its output. `y` is that output where there
// was a residual, else undefined.
NormGradients norm_backward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& y,
                            const at::Tensor& statistics, const at::Tensor& bias, bool relu,
                            bool of_x);

// relu?((x - mean) * scale + shift + residual?)
at::Tensor norm_apply(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale,
                      const at::Tensor& shift, bool relu, const at::Tensor& residual);

}  // namespace thaw::model
