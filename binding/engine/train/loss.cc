#include "engine/train/loss.h"

#include "engine/error.h"

namespace thaw::train {

Loss::Loss(const LossOptions& options, int64_t outputs, at::Device device, Target target)
    : options_(options), outputs_(outputs), target_(target) {
  if (options.kind == LossKind::kCategoricalCrossentropy && outputs < 2) {
    fail("ERR_INVALID_ARGUMENT",
         "The loss categoricalCrossentropy needs at least two outputs, the head has ", outputs,
         "; binaryCrossentropy takes one.");
  }
  if (!options.class_weights.empty()) {
    weights_ = at::tensor(options.class_weights, at::kDouble).to(device, at::kFloat);
  }
}

Loss::Sum Loss::operator()(const at::Tensor& logits, const at::Tensor& target,
                           const at::Tensor& weights) const {
  const bool shares = target.is_floating_point();
  const bool by_unit = weights_.defined() && target_ == Target::kManyLabels;
  at::Tensor losses;  // [N]
  if (options_.kind == LossKind::kCategoricalCrossentropy) {
    losses = at::cross_entropy_loss(logits, target, {}, at::Reduction::None, -100,
                                    options_.label_smoothing);
  } else {
    at::Tensor wanted;  // [N, outputs]
    if (outputs_ == 1) {
      wanted = (shares ? target.select(1, -1) : target.to(at::kFloat)).unsqueeze(1);
    } else {
      wanted = shares ? target : at::one_hot(target, outputs_).to(at::kFloat);
    }
    const double smoothing = options_.label_smoothing;
    wanted = wanted * (1 - smoothing) + 0.5 * smoothing;
    losses = at::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::None);
    // Each unit is a class by itself, and weighs what that class weighs.
    if (by_unit) losses = losses * weights_;
    losses = losses.mean(1);
  }
  if (weights_.defined() && !by_unit)
    losses = losses * (shares ? target.matmul(weights_) : weights_.index_select(0, target));
  if (weights.defined()) losses = losses * weights;
  return {losses.sum(), static_cast<double>(target.size(0))};
}

at::Tensor predicted_classes(const at::Tensor& logits) {
  return logits.size(1) == 1 ? (logits.squeeze(1) > 0).to(at::kLong) : logits.argmax(1);
}

at::Tensor target_classes(const at::Tensor& target) {
  return target.is_floating_point() ? target.argmax(1) : target;
}

}  // namespace thaw::train
