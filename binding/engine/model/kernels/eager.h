// Convolutions by libtorch's operators one after the other: on every device, under autograd.
#pragma once

#include <memory>

#include "engine/model/kernels/folded.h"
#include "engine/model/kernels/kernel.h"

namespace thaw::model {

// relu?(convolution(x) + bias + residual?)
at::Tensor convolve(const at::Tensor& x, const FoldedConvolution& by, bool relu,
                    const at::Tensor& residual);

// Convolution and norm are frozen.
std::unique_ptr<const ConvolutionKernel> folded_kernel(const ConvolutionStep& step,
                                                       at::ScalarType compute);

// A convolution that is trained, before a frozen norm: the norm's scale is applied to the weight,
// which costs far less than applying it to the output, forward and backward; gradients reach the
// weight through the scale.
std::unique_ptr<const ConvolutionKernel> scaled_kernel(const ConvolutionStep& step,
                                                       at::ScalarType compute);

// A convolution before a norm that is trained, or before none.
std::unique_ptr<const ConvolutionKernel> live_kernel(const ConvolutionStep& step,
                                                     at::ScalarType compute);

}  // namespace thaw::model
