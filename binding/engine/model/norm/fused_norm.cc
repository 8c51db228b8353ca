#include "engine/model/norm/fused_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "engine/model/norm/arithmetic.h"
#include "engine/model/norm/batch_norm.h"

namespace thaw::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor or_undefined(const std::optional<at::Tensor>& tensor) {
  return tensor.value_or(at::Tensor());
}

// What came back to `x`, in its type and layout.
at::Tensor aligned_gradient(const variable_list& gradients, const at::Tensor& x) {
  return gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
}

class FusedBatchNorm : public torch::autograd::Function<FusedBatchNorm> {
 public:
  // `weight` and `bias` are the norm's, here for their gradients.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const std::optional<at::Tensor>& residual,
                            const BatchNorm* norm, bool relu) {
    const auto [y, statistics] = norm_forward(x, *norm, relu, or_undefined(residual));
    context->saved_data["relu"] = relu;
    // The output tells where the ReLU was on; without a residual the input tells it as well.
    context->save_for_backward({x, residual ? y : at::Tensor(), statistics, bias});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &y = saved[1], &statistics = saved[2], &bias = saved[3];
    const auto of =
        norm_backward(aligned_gradient(gradients, x), x, y, statistics, bias,
                      context->saved_data["relu"].toBool(), context->needs_input_grad(0));
    return {of.x, of.weight, of.bias, of.residual, {}, {}};
  }
};

// In the memory layout that the arithmetic walks through, under autograd. Nothing for an undefined
// tensor, which autograd's functions refuse.
std::optional<at::Tensor> aligned(const at::Tensor& residual) {
  if (!residual.defined()) return std::nullopt;
  return residual.contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

bool can_fuse_norm(const at::Tensor& x) {
  const at::ScalarType type = x.scalar_type();
  return x.is_cpu() && (type == at::kFloat || type == at::kBFloat16) && x.dim() == 4 &&
         x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor fused_batch_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                            const at::Tensor& residual) {
  return FusedBatchNorm::apply(x, norm.weight, norm.bias, aligned(residual), &norm, relu);
}

at::Tensor fused_running_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                              const at::Tensor& residual) {
  at::NoGradGuard no_grad;
  const at::Tensor scale = affine(norm).scale.to(at::kFloat);
  return norm_apply(x, norm.running_mean, scale, norm.bias, relu, or_undefined(aligned(residual)));
}

}  // namespace thaw::model
