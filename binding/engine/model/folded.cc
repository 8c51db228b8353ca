#include "engine/model/folded.h"

namespace thaw::model {

at::Tensor FoldedConvolution::operator()(const at::Tensor& x) const {
  return at::conv2d(x, weight, bias, {stride, stride}, {padding, padding});
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
