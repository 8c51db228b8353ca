// A convolution that is trained, with the frozen BatchNorm after it.
//
// The norm's scale is applied to the weight, which costs far less than applying it to the output,
// forward and backward; gradients reach the weight through the scale.
#pragma once

#include "engine/model/modules.h"
#include "engine/torch.h"

namespace thaw::model {

class ScaledConvolution {
 public:
  // Shares the convolution's weight and bias; takes the norm as it is now.
  ScaledConvolution(const ConvolutionNorm& pair, at::ScalarType compute);

  // relu?(norm(convolution(x)) + residual?); an undefined residual is none.
  at::Tensor operator()(const at::Tensor& x, bool relu = false,
                        const at::Tensor& residual = {}) const;

 private:
  Convolution convolution_;
  at::Tensor scale_;  // [out, 1, 1, 1] float32
  at::Tensor shift_;  // [out], of the compute type
};

}  // namespace thaw::model
