#include "engine/model/kernels/eager.h"

#include "engine/model/norm/batch_norm.h"

namespace thaw::model {
namespace {

class Folded final : public ConvolutionKernel {
 public:
  Folded(const ConvolutionStep& step, at::ScalarType compute)
      : folded_(fold(step, compute)), relu_(step.relu) {}

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& residual,
                        const Mode&) const override {
    return convolve(x, folded_, relu_, residual);
  }

 private:
  FoldedConvolution folded_;
  bool relu_;
};

class Scaled final : public ConvolutionKernel {
 public:
  Scaled(const ConvolutionStep& step, at::ScalarType compute)
      : convolution_(step.convolution), relu_(step.relu) {
    const auto [scale, shift] = affine(*step.norm);
    scale_ = scale.to(at::kFloat).view({-1, 1, 1, 1});
    shift_ = shift.to(compute);
  }

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& residual,
                        const Mode&) const override {
    const at::ScalarType compute = shift_.scalar_type();
    const Convolution& c = convolution_;
    const at::Tensor bias =
        c.bias.defined() ? (c.bias * scale_.flatten()).to(compute) + shift_ : shift_;
    return convolve(x, {(c.weight * scale_).to(compute), bias, c.stride, c.padding, c.groups},
                    relu_, residual);
  }

 private:
  Convolution convolution_;
  at::Tensor scale_;  // [out, 1, 1, 1] float32
  at::Tensor shift_;  // [out], of the compute type
  bool relu_;
};

class Live final : public ConvolutionKernel {
 public:
  Live(const ConvolutionStep& step, at::ScalarType compute) : step_(step), compute_(compute) {}

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& residual,
                        const Mode& mode) const override {
    const Convolution& c = step_.convolution;
    const FoldedConvolution plain = {.weight = c.weight.to(compute_),
                                     .bias = c.bias.defined() ? c.bias.to(compute_) : c.bias,
                                     .stride = c.stride,
                                     .padding = c.padding,
                                     .groups = c.groups};
    if (!step_.norm) return convolve(x, plain, step_.relu, residual);
    return normalise(*step_.norm, convolve(x, plain, /*relu=*/false, {}), mode.training, step_.relu,
                     residual);
  }

 private:
  ConvolutionStep step_;
  at::ScalarType compute_;
};

}  // namespace

at::Tensor convolve(const at::Tensor& x, const FoldedConvolution& by, bool relu,
                    const at::Tensor& residual) {
  return add_relu_(at::conv2d(x, by.weight, by.bias, {by.stride, by.stride},
                              {by.padding, by.padding}, {1, 1}, by.groups),
                   relu, residual);
}

std::unique_ptr<const ConvolutionKernel> folded_kernel(const ConvolutionStep& step,
                                                       at::ScalarType compute) {
  return std::make_unique<Folded>(step, compute);
}

std::unique_ptr<const ConvolutionKernel> scaled_kernel(const ConvolutionStep& step,
                                                       at::ScalarType compute) {
  return std::make_unique<Scaled>(step, compute);
}

std::unique_ptr<const ConvolutionKernel> live_kernel(const ConvolutionStep& step,
                                                     at::ScalarType compute) {
  return std::make_unique<Live>(step, compute);
}

}  // namespace thaw::model
