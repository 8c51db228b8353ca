#include "engine/model/scaled_convolution.h"

#include "engine/model/convolve.h"

namespace thaw::model {

ScaledConvolution::ScaledConvolution(const ConvolutionNorm& pair, at::ScalarType compute)
    : convolution_(pair.convolution) {
  at::NoGradGuard no_grad;
  const BatchNorm& norm = pair.norm;
  const auto precise = [](const at::Tensor& tensor) { return tensor.detach().to(at::kDouble); };
  const at::Tensor scale = precise(norm.weight) / (precise(norm.running_var) + norm.epsilon).sqrt();
  scale_ = scale.to(at::kFloat).view({-1, 1, 1, 1});
  shift_ = (precise(norm.bias) - precise(norm.running_mean) * scale).to(compute);
}

at::Tensor ScaledConvolution::operator()(const at::Tensor& x, bool relu,
                                         const at::Tensor& residual) const {
  const at::ScalarType compute = shift_.scalar_type();
  const at::Tensor weight = (convolution_.weight * scale_).to(compute);
  const at::Tensor bias =
      convolution_.biased ? (convolution_.bias * scale_.flatten()).to(compute) + shift_ : shift_;
  return convolve(x, weight, bias, convolution_.stride, convolution_.padding, relu, residual);
}

}  // namespace thaw::model
