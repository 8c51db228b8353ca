// Convolutions with the frozen BatchNorms after them folded into their weights and biases.
#pragma once

#include "engine/model/modules.h"
#include "engine/torch.h"

namespace thaw::model {

struct FoldedConvolution {
  at::Tensor weight;  // [out, in, kernel, kernel], channels-last, of the compute type
  at::Tensor bias;    // [out]
  int64_t stride, padding;

  // relu?(y + residual?); an undefined residual is none.
  at::Tensor operator()(const at::Tensor& x, bool relu = false,
                        const at::Tensor& residual = {}) const;
};

// y = gamma (conv(x) + bias - mean) / sqrt(var + eps) + beta as one convolution; folded in double
// precision.
FoldedConvolution fold(const ConvolutionNorm& pair, at::ScalarType compute);

}  // namespace thaw::model
