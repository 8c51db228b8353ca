// What BatchNorm with a residual and a ReLU computes on a device, below autograd.
#pragma once

#include <memory>

#include "engine/device/kernels.h"
#include "engine/model/modules.h"
#include "engine/torch.h"

namespace thaw::model {

// All activations [N, C, H, W] are channels-last and of one type, float32 or bfloat16; what is one
// value a channel is float32. An undefined residual is none; with one, `relu` is set.
class NormArithmetic {
 public:
  virtual ~NormArithmetic() = default;

  // `statistics` [3, C] of the batch: mean, weight / deviation, 1 / deviation.
  struct Normalised {
    at::Tensor y, statistics;
  };
  // relu?(batch_norm(x) + residual?) over the batch. Updates the norm's running statistics.
  virtual Normalised forward(const at::Tensor& x, const BatchNorm& norm, bool relu,
                             const at::Tensor& residual) const = 0;

  struct Gradients {
    at::Tensor x;  // undefined unless asked for
    at::Tensor weight, bias;
    at::Tensor residual;  // undefined without one
  };
  // Of what forward() computed, from the gradient of its output. `y` is that output where there was
  // a residual, else undefined.
  virtual Gradients backward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& y,
                             const at::Tensor& statistics, const at::Tensor& bias, bool relu,
                             bool of_x) const = 0;

  // relu?((x - mean) * scale + shift + residual?); an undefined mean is 0, an undefined scale 1.
  virtual at::Tensor apply(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale,
                           const at::Tensor& shift, bool relu,
                           const at::Tensor& residual) const = 0;
};

// By channel_kernels.h.
std::unique_ptr<NormArithmetic> make_cpu_norm();

// By channel_kernels.cu, compiled for the activations' type. A pixel's channels are a multiple of
// kPackBytes, as is the address of the first.
constexpr int64_t kPackBytes = 16;
std::unique_ptr<NormArithmetic> make_kernel_norm(std::shared_ptr<const device::Kernels> kernels);

// The one for activations such as `x`, or null where there is none: another device, type or layout,
// or a CUDA device for which the kernels cannot be compiled or gave other results than float64 does
// on the CPU. That is found out at the first call for a device and type.
const NormArithmetic* norm_arithmetic(const at::Tensor& x);

}  // namespace thaw::model
