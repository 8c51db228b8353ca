// Keeps steps with numbers that have gone bad from the weights: a loss or a gradient that is NaN,
// infinite, or so large that it cannot have come from training that goes well.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/torch.h"

namespace thaw::train {

class FiniteGuard {
 public:
  // A mean cross-entropy of this many nats: the truth was given a probability of exp(-1e6).
  static constexpr double kLargestLoss = 1e6;
  // Its square, which Adam keeps, is still a float32.
  static constexpr double kLargestGradient = 1e18;
  // One update: weights that were finite before it are so afterwards.
  static constexpr double kLargestUpdate = 1e30;

  struct Bad {
    int64_t batch;  // the first one, counted as Step counts
    const char* what;
  };

  // `statistics`: that forward passes move, in place; a bad one is undone. `at_once`: each step is
  // judged before it is taken. Else the device is not waited for: from the first bad step on none
  // is taken (skip()), and found() is told when it is read.
  FiniteGuard(bool at_once, at::Device device, std::vector<at::Tensor> statistics);

  // Of a batch, before its backward pass; the sum over its images, and their number. False where
  // the batch is to be left out.
  bool admits_loss(const at::Tensor& sum, double images, int64_t batch);
  // Of a step, before it is taken with at most this learning rate. False where it is to be left
  // out.
  bool admits_gradients(const std::vector<at::Tensor>& gradients, double rate);
  // For Optimizer::step().
  const at::Tensor& skip() const { return bad_; }

  // What was found since the last call; waits for the device. Statistics are then what they were
  // when nothing had been found.
  std::optional<Bad> found();
  // Whether found() costs nothing.
  bool knows() const { return !bad_.defined(); }

 private:
  bool judge(bool good, const char* what);
  void judge(const at::Tensor& good);
  void keep_statistics();

  std::vector<at::Tensor> statistics_, kept_;
  int64_t batch_ = 0;
  std::optional<Bad> found_;
  at::Tensor bad_;  // float32 scalar: 1 from the first bad step on; undefined where judged at once
  at::Tensor first_;  // int64 scalar: its batch, once it is bad
};

}  // namespace thaw::train
