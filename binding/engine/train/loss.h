// The losses, on logits: softmax and sigmoid are part of them (log-sum-exp), which keeps them exact
// where the probabilities round to 0 or 1.
#pragma once

#include <vector>

#include "engine/torch.h"

namespace thaw::train {

enum class LossKind { kCategoricalCrossentropy, kBinaryCrossentropy };

struct LossOptions {
  LossKind kind = LossKind::kCategoricalCrossentropy;
  double label_smoothing = 0;         // 0..1: the share of the target spread over all classes
  std::vector<double> class_weights;  // by class index; empty: all 1
};

class Loss {
 public:
  // `outputs`: length of the logits; 1 is allowed for the binary loss over two classes.
  Loss(const LossOptions& options, int64_t outputs, at::Device device);

  // logits [N, outputs] float32, labels [N] int64 -> the mean over the batch, each image weighted
  // by its class' weight (as Keras' class_weight: divided by N, not by the sum of the weights).
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& labels) const;

 private:
  LossOptions options_;
  int64_t outputs_;
  at::Tensor weights_;
};

// Class indices [N] that the logits stand for: the largest, or of a single output its sign.
at::Tensor predicted_classes(const at::Tensor& logits);

}  // namespace thaw::train
