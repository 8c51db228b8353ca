#include "engine/model/norm/batch_norm.h"

#include "engine/model/norm/fused_norm.h"

namespace thaw::model {

Affine affine(const BatchNorm& norm, const at::Tensor& bias) {
  const at::NoGradGuard no_grad;
  const auto precise = [](const at::Tensor& tensor) { return tensor.detach().to(at::kDouble); };
  const at::Tensor scale = precise(norm.weight) / (precise(norm.running_var) + norm.epsilon).sqrt();
  at::Tensor mean = precise(norm.running_mean);
  if (bias.defined()) mean = mean - precise(bias);
  return {scale, precise(norm.bias) - mean * scale};
}

// Bessel's, which libtorch's operator has put on the batch's share of the running variance.
static void take_correction_back(const BatchNorm& norm, const at::Tensor& before, int64_t count) {
  const at::NoGradGuard no_grad;
  const at::Tensor added = norm.running_var - before * (1 - norm.momentum);
  at::Tensor variance = norm.running_var;
  variance.sub_(added / static_cast<double>(count));
}

at::Tensor normalise(const BatchNorm& norm, const at::Tensor& x, bool training, bool relu,
                     const at::Tensor& residual) {
  // A single value a channel has no variance: such a batch is normalised by the running statistics.
  const bool live = training && norm.trainable && x.numel() > norm.channels;
  if (live) {
    at::NoGradGuard no_grad;
    at::Tensor counter = norm.batches_tracked;
    counter.add_(1);
  }
  if (can_fuse_norm(x)) {
    if (live) return fused_batch_norm(x, norm, relu, residual);
    if (!at::GradMode::is_enabled()) return fused_running_norm(x, norm, relu, residual);
  }
  const bool corrects = live && !norm.unbiased;
  const at::Tensor before = corrects ? norm.running_var.clone() : at::Tensor();
  at::Tensor y = at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var,
                                live, norm.momentum, norm.epsilon, /*cudnn_enabled=*/true);
  if (corrects) take_correction_back(norm, before, x.numel() / norm.channels);
  return add_relu_(y, relu, residual);
}

at::Tensor add_relu_(at::Tensor y, bool relu, const at::Tensor& residual) {
  if (residual.defined()) y.add_(residual);
  return relu ? y.relu_() : y;
}

}  // namespace thaw::model
