#include "engine/train/loss.h"

#include "engine/error.h"

namespace thaw::train {

Loss::Loss(const LossOptions& options, int64_t outputs, at::Device device)
    : options_(options), outputs_(outputs) {
  if (options.kind == LossKind::kCategoricalCrossentropy && outputs < 2) {
    fail("ERR_INVALID_ARGUMENT",
         "The loss categoricalCrossentropy needs at least two outputs, the head has ", outputs,
         "; binaryCrossentropy takes one.");
  }
  if (!options.class_weights.empty()) {
    weights_ = at::tensor(options.class_weights, at::kDouble).to(device, at::kFloat);
  }
}

at::Tensor Loss::operator()(const at::Tensor& logits, const at::Tensor& labels) const {
  at::Tensor losses;
  if (options_.kind == LossKind::kCategoricalCrossentropy) {
    losses = at::cross_entropy_loss(logits, labels, {}, at::Reduction::None, -100,
                                    options_.label_smoothing);
  } else {
    const double smoothing = options_.label_smoothing;
    at::Tensor target = outputs_ == 1 ? labels.to(at::kFloat).unsqueeze(1)
                                      : at::one_hot(labels, outputs_).to(at::kFloat);
    target = target * (1 - smoothing) + 0.5 * smoothing;
    losses =
        at::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::None).mean(1);
  }
  if (weights_.defined()) losses = losses * weights_.index_select(0, labels);
  return losses.mean();
}

at::Tensor predicted_classes(const at::Tensor& logits) {
  return logits.size(1) == 1 ? (logits.squeeze(1) > 0).to(at::kLong) : logits.argmax(1);
}

}  // namespace thaw::train
