// The pieces with parameters. Each holds its tensors under torchvision's name and whether it is
// trained.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/torch.h"

namespace thaw::model {

struct Convolution {
  std::string name;
  int64_t in, out, kernel, stride, padding;
  bool biased = false;     // Keras' are
  at::Tensor weight = {};  // [out, in, kernel, kernel], channels-last
  at::Tensor bias = {};    // [out]; undefined where there is none
  bool trainable = true;
};

struct BatchNorm {
  std::string name;
  int64_t channels;
  double epsilon = 1e-5;  // torchvision's
  double momentum = 0.1;  // torch's meaning: the share of the new batch statistic
  at::Tensor weight = {}, bias = {}, running_mean = {}, running_var = {};  // [channels]
  at::Tensor batches_tracked = {};                                         // int64 scalar
  bool trainable = true;  // false: inference mode, its buffers never change
};

struct Dense {
  std::string name;
  int64_t in, out;
  at::Tensor weight = {};  // [out, in]
  at::Tensor bias = {};    // [out]
  bool trainable = true;
};

struct ConvolutionNorm {
  Convolution convolution;
  BatchNorm norm;
};

// Basic (two) or bottleneck (three) residual block: ReLU after each pair but the last, then the
// sum, ReLU.
struct Block {
  std::string name;  // "layer1.0"
  std::vector<ConvolutionNorm> body;
  std::optional<ConvolutionNorm> downsample;
};

}  // namespace thaw::model
