#include "engine/model/folded.h"

#include "engine/model/convolve.h"

namespace thaw::model {

at::Tensor FoldedConvolution::operator()(const at::Tensor& x, bool relu,
                                         const at::Tensor& residual) const {
  return convolve(x, weight, bias, stride, padding, relu, residual);
}

FoldedConvolution fold(const ConvolutionNorm& pair, at::ScalarType compute) {
  at::NoGradGuard no_grad;
  const BatchNorm& norm = pair.norm;
  const auto precise = [](const at::Tensor& tensor) { return tensor.detach().to(at::kDouble); };
  const at::Tensor scale = precise(norm.weight) / (precise(norm.running_var) + norm.epsilon).sqrt();
  const at::Tensor weight = precise(pair.convolution.weight) * scale.view({-1, 1, 1, 1});
  at::Tensor mean = precise(norm.running_mean);
  if (pair.convolution.biased) mean = mean - precise(pair.convolution.bias);
  const at::Tensor bias = precise(norm.bias) - mean * scale;
  return {.weight = weight.to(compute).contiguous(at::MemoryFormat::ChannelsLast),
          .bias = bias.to(compute),
          .stride = pair.convolution.stride,
          .padding = pair.convolution.padding};
}

}  // namespace thaw::model
