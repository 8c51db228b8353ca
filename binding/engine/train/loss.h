// The losses, on logits: softmax and sigmoid are part of them (log-sum-exp), which keeps them exact
// where the probabilities round to 0 or 1.
#pragma once

#include <vector>

#include "engine/fields.h"
#include "engine/torch.h"

namespace thaw::train {

enum class LossKind { kCategoricalCrossentropy, kBinaryCrossentropy };

constexpr auto names(LossKind) {
  return std::to_array<Name<LossKind>>(
      {{LossKind::kCategoricalCrossentropy, "categoricalCrossentropy"},
       {LossKind::kBinaryCrossentropy, "binaryCrossentropy"}});
}

struct LossOptions {
  LossKind kind = LossKind::kCategoricalCrossentropy;
  double label_smoothing = 0;         // 0..1: the share of the target spread over all classes
  std::vector<double> class_weights;  // by class index; empty: all 1
};

void fields(auto& visit, Of<LossOptions> auto& options) {
  visit("loss", options.kind);
  visit("labelSmoothing", options.label_smoothing);
  visit("classWeight", options.class_weights);
}

// For what is measured, and not trained with: without the weights of classes.
inline LossOptions unweighted(LossOptions options) {
  options.class_weights.clear();
  return options;
}

// What the target of an image is: a class, be it in shares, or of each class whether it is there.
enum class Target { kOneClass, kManyLabels };

class Loss {
 public:
  // `outputs`: length of the logits; 1 is allowed for the binary loss over two classes.
  Loss(const LossOptions& options, int64_t outputs, at::Device device,
       Target target = Target::kOneClass);

  // What a batch adds to a step: the step's gradient is that of the sum of its batches' sums,
  // divided once by the sum of their weights.
  struct Sum {
    at::Tensor value;  // a scalar
    double weight;     // of the batch: its number of images. Weights of classes and of images are
                       // part of the value alone, as with Keras' class_weight and sample_weight.
  };

  // logits [N, outputs] float32; target: classes [N] int64, or each class' share of the image
  // [N, C] float32 (C: outputs; for a single output 1 or 2, of which the last counts); weights of
  // the images [N] float32, or undefined.
  Sum operator()(const at::Tensor& logits, const at::Tensor& target,
                 const at::Tensor& weights = {}) const;

 private:
  LossOptions options_;
  int64_t outputs_;
  Target target_;
  at::Tensor weights_;
};

// Class indices [N] that the logits stand for: the largest, or of a single output its sign.
at::Tensor predicted_classes(const at::Tensor& logits);

// Class indices [N] of a target: its own, or those with the largest share.
at::Tensor target_classes(const at::Tensor& target);

}  // namespace thaw::train
