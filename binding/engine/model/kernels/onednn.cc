#include "engine/model/kernels/onednn.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include "engine/device/backend.h"
#include "engine/model/folded.h"

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

class OnednnConvolution final : public FrozenConvolution {
 public:
  OnednnConvolution(FoldedConvolution folded, at::IntArrayRef input)
      : bias_(std::move(folded.bias)),
        padding_{folded.padding, folded.padding},
        stride_{folded.stride, folded.stride},
        weight_(call(*Operators::get().pack, folded.weight, padding_, stride_, kNoDilation, kGroups,
                     input.vec())) {}

  at::Tensor plain(const at::Tensor& x) const override { return pointwise(x, "none"); }
  at::Tensor relu(const at::Tensor& x) const override { return pointwise(x, "relu"); }
  at::Tensor add_relu(const at::Tensor& x, const at::Tensor& residual) const override {
    return call(*Operators::get().pointwise_add, residual, x, weight_, bias_, padding_, stride_,
                kNoDilation, kGroups, "add", /*alpha=*/1.0, "relu", no_scalars(), c10::IValue());
  }

 private:
  at::Tensor pointwise(const at::Tensor& x, const char* then) const {
    return call(*Operators::get().pointwise, x, weight_, bias_, padding_, stride_, kNoDilation,
                kGroups, then, no_scalars(), c10::IValue());
  }

  static inline const std::vector<int64_t> kNoDilation = {1, 1};
  static constexpr int64_t kGroups = 1;

  at::Tensor bias_;
  std::vector<int64_t> padding_, stride_;
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

std::unique_ptr<FrozenConvolution> make_onednn_convolution(const ConvolutionNorm& pair,
                                                           at::IntArrayRef input,
                                                           at::ScalarType compute) {
  at::NoGradGuard no_grad;
  return std::make_unique<OnednnConvolution>(fold(pair, compute), input);
}

}  // namespace thaw::model
