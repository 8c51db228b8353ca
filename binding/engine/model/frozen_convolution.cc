#include "engine/model/frozen_convolution.h"

#include "engine/model/folded.h"
#include "engine/model/packed_convolution.h"

namespace thaw::model {
namespace {

// libtorch's operators one after the other: works on every device.
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

std::unique_ptr<FrozenConvolution> make_frozen_convolution(const ConvolutionNorm& pair,
                                                           at::IntArrayRef input,
                                                           at::ScalarType compute) {
  if (can_pack(pair, compute)) return make_packed_convolution(pair, input, compute);
  return std::make_unique<EagerConvolution>(pair, compute);
}

}  // namespace thaw::model
