#include "engine/model/scaled_convolution.h"

namespace thaw::model {

ScaledConvolution::ScaledConvolution(const ConvolutionNorm& pair, at::ScalarType compute)
    : convolution_(pair.convolution) {
  at::NoGradGuard no_grad;
  const BatchNorm& norm = pair.norm;
  const auto precise = [](const at::Tensor& tensor) { return tensor.detach().to(at::kDouble); };
  const at::Tensor scale = precise(norm.weight) / (precise(norm.running_var) + norm.epsilon).sqrt();
  scale_ = scale.to(at::kFloat).view({-1, 1, 1, 1});
  bias_ = (precise(norm.bias) - precise(norm.running_mean) * scale).to(compute);
}

at::Tensor ScaledConvolution::operator()(const at::Tensor& x) const {
  const int64_t stride = convolution_.stride, padding = convolution_.padding;
  const at::Tensor weight = (convolution_.weight * scale_).to(bias_.scalar_type());
  return at::conv2d(x, weight, bias_, {stride, stride}, {padding, padding});
}

}  // namespace thaw::model
