// Running sums of loss and accuracy, and the confusion matrix. They stay on the device until they
// are read, so that a batch costs no wait.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/torch.h"

namespace thaw::train {

class Metrics {
 public:
  struct Values {
    int64_t images = 0;
    double loss = 0;      // mean over the images
    double accuracy = 0;  // 0..1
    double top5 = 0;      // the label is among the five largest logits
  };

  // `classes`: of the labels. With `confusion`, the confusion matrix is kept.
  Metrics(int64_t classes, bool confusion, at::Device device);

  // `loss`: the batch's mean, a scalar; logits [N, outputs], labels [N].
  void add(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels);

  Values read() const;                     // waits for the device
  std::vector<int64_t> confusion() const;  // classes x classes, rows: label, columns: prediction

  // For checkpoints: the sums as float64 [4].
  at::Tensor sums() const;
  void restore(const at::Tensor& sums);

 private:
  int64_t classes_;
  int64_t images_ = 0;
  at::Tensor sums_;       // float64 [3]: loss x images, right, right among five
  at::Tensor confusion_;  // int64 [classes * classes], or undefined
};

}  // namespace thaw::train
