#include "engine/model/kernels/eager.h"

#include "engine/model/folded.h"

namespace thaw::model {
namespace {

class EagerConvolution final : public FrozenConvolution {
 public:
  EagerConvolution(const ConvolutionNorm& pair, at::ScalarType compute)
      : folded_(fold(pair, compute)) {}

  at::Tensor plain(const at::Tensor& x) const override { return folded_(x); }
  at::Tensor relu(const at::Tensor& x) const override { return folded_(x, true); }
  at::Tensor add_relu(const at::Tensor& x, const at::Tensor& residual) const override {
    return folded_(x, true, residual);
  }

 private:
  FoldedConvolution folded_;
};

}  // namespace

std::unique_ptr<FrozenConvolution> make_eager_convolution(const ConvolutionNorm& pair,
                                                          at::ScalarType compute) {
  return std::make_unique<EagerConvolution>(pair, compute);
}

}  // namespace thaw::model
