// Convolutions and norms bound to the tensors of a network: what the kernels work on. The tensors
// are shared with the network, so that an optimizer's step shows at once.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/model/ops.h"
#include "engine/torch.h"

namespace thaw::model {

struct Convolution {
  int64_t stride = 1, padding = 0, groups = 1;
  at::Tensor weight = {};  // [out, in / groups, kernel, kernel], channels-last
  at::Tensor bias = {};    // [out]; undefined where there is none
  bool trainable = true;
};

struct BatchNorm {
  int64_t channels;
  double epsilon = 1e-5;
  double momentum = 0.1;  // torch's meaning: the share of the new batch statistic
  bool unbiased = true;   // see op::BatchNorm
  at::Tensor weight = {}, bias = {}, running_mean = {}, running_var = {};  // [channels]
  at::Tensor batches_tracked = {};                                         // int64 scalar
  bool trainable = true;  // false: inference mode, its buffers never change
};

// relu?(norm?(convolution(x)) + residual?): what a kernel computes at once.
struct ConvolutionStep {
  Convolution convolution;
  std::optional<BatchNorm> norm;
  bool relu = false;
  Shape input = {};  // of an image, as it will mostly come
};

// From a node's attributes and its tensors in the order of their specs.
inline Convolution bind_convolution(const op::Convolution& op,
                                    const std::vector<at::Tensor>& tensors, bool trainable) {
  return {.stride = op.stride,
          .padding = op.padding,
          .groups = op.groups,
          .weight = tensors.at(0),
          .bias = op.bias ? tensors.at(1) : at::Tensor(),
          .trainable = trainable};
}

inline BatchNorm bind_norm(const op::BatchNorm& op, const std::vector<at::Tensor>& tensors,
                           bool trainable) {
  return {.channels = tensors.at(0).size(0),
          .epsilon = op.epsilon,
          .momentum = op.momentum,
          .unbiased = op.unbiased,
          .weight = tensors.at(0),
          .bias = tensors.at(1),
          .running_mean = tensors.at(2),
          .running_var = tensors.at(3),
          .batches_tracked = tensors.at(4),
          .trainable = trainable};
}

}  // namespace thaw::model
