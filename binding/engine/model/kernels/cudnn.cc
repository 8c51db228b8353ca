#include "engine/model/kernels/cudnn.h"

#include <atomic>
#include <mutex>

#include "engine/model/folded.h"
#include "engine/notice.h"

namespace thaw::model {
namespace {

// One line for all convolutions, whatever their reasons.
void say_given_back(const std::exception& error) {
  static std::once_flag said;
  std::call_once(said, [&] {
    notice("cuDNN's fused kernels are given back for libtorch's operators: " + reason(error));
  });
}

class CudnnConvolution final : public FrozenConvolution {
 public:
  CudnnConvolution(const ConvolutionNorm& pair, at::ScalarType compute)
      : folded_(fold(pair, compute)),
        stride_{folded_.stride, folded_.stride},
        padding_{folded_.padding, folded_.padding} {}

  at::Tensor plain(const at::Tensor& x) const override { return folded_(x); }

  at::Tensor relu(const at::Tensor& x) const override {
    return fused_or_plain(x, {}, [&] {
      return at::cudnn_convolution_relu(x, folded_.weight, folded_.bias, stride_, padding_,
                                        kUndilated, /*groups=*/1);
    });
  }

  at::Tensor add_relu(const at::Tensor& x, const at::Tensor& residual) const override {
    return fused_or_plain(x, residual, [&] {
      return at::cudnn_convolution_add_relu(x, folded_.weight, residual, /*alpha=*/1, folded_.bias,
                                            stride_, padding_, kUndilated, /*groups=*/1);
    });
  }

 private:
  template <typename Fused>
  at::Tensor fused_or_plain(const at::Tensor& x, const at::Tensor& residual,
                            const Fused& fused) const {
    if (!given_back_) {
      try {
        return fused();
      } catch (const c10::OutOfMemoryError&) {
        throw;
      } catch (const c10::Error& error) {
        say_given_back(error);
        given_back_ = true;
      }
    }
    return folded_(x, /*relu=*/true, residual);
  }

  static constexpr int64_t kUndilated[] = {1, 1};

  FoldedConvolution folded_;
  std::vector<int64_t> stride_, padding_;
  mutable std::atomic<bool> given_back_ = false;
};

}  // namespace

std::unique_ptr<FrozenConvolution> make_cudnn_convolution(const ConvolutionNorm& pair,
                                                          at::ScalarType compute) {
  return std::make_unique<CudnnConvolution>(pair, compute);
}

}  // namespace thaw::model
