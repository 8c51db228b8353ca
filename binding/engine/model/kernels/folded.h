// A convolution with the frozen BatchNorm after it folded into its weight and bias.
#pragma once

#include "engine/model/modules.h"

namespace thaw::model {

struct FoldedConvolution {
  at::Tensor weight;  // [out, in / groups, kernel, kernel], channels-last, of the compute type
  at::Tensor bias;    // [out]
  int64_t stride, padding, groups;
};

// y = gamma (conv(x) + bias - mean) / sqrt(var + eps) + beta as one convolution; folded in double
// precision.
FoldedConvolution fold(const ConvolutionStep& step, at::ScalarType compute);

}  // namespace thaw::model
