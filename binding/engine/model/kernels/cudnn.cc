#include "engine/model/kernels/cudnn.h"

#include <atomic>
#include <mutex>

#include "engine/model/kernels/eager.h"
#include "engine/notice.h"
#include "engine/reason.h"

namespace thaw::model {
namespace {

// One line for all convolutions, whatever their reasons.
void say_given_back(const std::exception& error) {
  static std::once_flag said;
  std::call_once(said, [&] {
    notice("cuDNN's fused kernels are given back for libtorch's operators: " + reason(error));
  });
}

class CudnnKernel final : public ConvolutionKernel {
 public:
  CudnnKernel(const ConvolutionStep& step, at::ScalarType compute)
      : folded_(fold(step, compute)),
        stride_{folded_.stride, folded_.stride},
        padding_{folded_.padding, folded_.padding} {}

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& residual,
                        const Mode&) const override {
    if (!given_back_) {
      try {
        return fused(x, residual);
      } catch (const c10::OutOfMemoryError&) {
        throw;
      } catch (const c10::Error& error) {
        say_given_back(error);
        given_back_ = true;
      }
    }
    return convolve(x, folded_, /*relu=*/true, residual);
  }

 private:
  at::Tensor fused(const at::Tensor& x, const at::Tensor& residual) const {
    static constexpr int64_t kUndilated[] = {1, 1};
    if (!residual.defined()) {
      return at::cudnn_convolution_relu(x, folded_.weight, folded_.bias, stride_, padding_,
                                        kUndilated, folded_.groups);
    }
    return at::cudnn_convolution_add_relu(x, folded_.weight, residual, /*alpha=*/1, folded_.bias,
                                          stride_, padding_, kUndilated, folded_.groups);
  }

  FoldedConvolution folded_;
  std::vector<int64_t> stride_, padding_;
  mutable std::atomic<bool> given_back_ = false;
};

}  // namespace

std::unique_ptr<const ConvolutionKernel> cudnn_kernel(const ConvolutionStep& step,
                                                      at::ScalarType compute) {
  return std::make_unique<CudnnKernel>(step, compute);
}

}  // namespace thaw::model
