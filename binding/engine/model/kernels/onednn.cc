#include "engine/model/kernels/onednn.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include "engine/device/backend.h"
#include "engine/model/kernels/folded.h"

namespace thaw::model {
namespace {

// Called boxed: their C++ signatures have changed between versions of libtorch (int or SymInt),
// their schemas have not.
std::optional<c10::OperatorHandle> find(const char* name, const char* overload) {
  return c10::Dispatcher::singleton().findSchema({name, overload});
}

struct Operators {
  std::optional<c10::OperatorHandle> pack = find("mkldnn::_reorder_convolution_weight", "");
  std::optional<c10::OperatorHandle> pointwise = find("mkldnn::_convolution_pointwise", "");
  std::optional<c10::OperatorHandle> pointwise_add =
      find("mkldnn::_convolution_pointwise_", "binary");

  static const Operators& get() {
    static const Operators operators;
    return operators;
  }
  bool complete() const { return pack && pointwise && pointwise_add; }
};

template <typename... Arguments>
at::Tensor call(const c10::OperatorHandle& operation, Arguments&&... arguments) {
  std::vector<c10::IValue> stack;
  stack.reserve(sizeof...(arguments));
  (stack.emplace_back(std::forward<Arguments>(arguments)), ...);
  operation.callBoxed(stack);
  return std::move(stack.front()).toTensor();
}

c10::IValue no_scalars() { return c10::List<std::optional<at::Scalar>>(); }

class OnednnKernel final : public ConvolutionKernel {
 public:
  OnednnKernel(const ConvolutionStep& step, const FoldedConvolution& folded, at::IntArrayRef input)
      : bias_(folded.bias),
        padding_{folded.padding, folded.padding},
        stride_{folded.stride, folded.stride},
        groups_(folded.groups),
        then_(step.relu ? "relu" : "none"),
        weight_(call(*Operators::get().pack, folded.weight, padding_, stride_, kNoDilation, groups_,
                     input.vec())) {}

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& residual,
                        const Mode&) const override {
    if (residual.defined()) {
      return call(*Operators::get().pointwise_add, residual, x, weight_, bias_, padding_, stride_,
                  kNoDilation, groups_, "add", /*alpha=*/1.0, then_, no_scalars(), c10::IValue());
    }
    return call(*Operators::get().pointwise, x, weight_, bias_, padding_, stride_, kNoDilation,
                groups_, then_, no_scalars(), c10::IValue());
  }

 private:
  static inline const std::vector<int64_t> kNoDilation = {1, 1};

  at::Tensor bias_;
  std::vector<int64_t> padding_, stride_;
  int64_t groups_;
  const char* then_;
  at::Tensor weight_;  // opaque: oneDNN's layout
};

}  // namespace

bool onednn_computes(at::ScalarType compute) {
  if (!at::globalContext().hasMKLDNN()) return false;
  // Without instructions for bfloat16 oneDNN refuses or emulates it.
  static const bool bfloat16 = device::make_backend("cpu")->fast_bfloat16();
  return Operators::get().complete() &&
         (compute == at::kFloat || (compute == at::kBFloat16 && bfloat16));
}

std::unique_ptr<const ConvolutionKernel> onednn_kernel(const ConvolutionStep& step, int64_t images,
                                                       at::ScalarType compute) {
  at::NoGradGuard no_grad;
  std::vector<int64_t> input = step.input;
  input.insert(input.begin(), images);
  return std::make_unique<OnednnKernel>(step, fold(step, compute), input);
}

}  // namespace thaw::model
