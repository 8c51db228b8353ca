#include "engine/model/kernels/folded.h"

#include "engine/model/norm/batch_norm.h"

namespace thaw::model {

FoldedConvolution fold(const ConvolutionStep& step, at::ScalarType compute) {
  at::NoGradGuard no_grad;
  const Convolution& convolution = step.convolution;
  at::Tensor weight = convolution.weight.detach(), bias = convolution.bias;
  if (step.norm) {
    const auto [scale, shift] = affine(*step.norm, bias);
    weight = weight.to(at::kDouble) * scale.view({-1, 1, 1, 1});
    bias = shift;
  } else if (!bias.defined()) {
    bias = at::zeros({weight.size(0)}, weight.options());
  }
  return {.weight = weight.to(compute).contiguous(at::MemoryFormat::ChannelsLast),
          .bias = bias.detach().to(compute),
          .stride = convolution.stride,
          .padding = convolution.padding,
          .groups = convolution.groups};
}

}  // namespace thaw::model
