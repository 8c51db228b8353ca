#include "engine/model/fused_norm.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "engine/device/parallel.h"
#include "engine/model/channel_kernels.h"

namespace thaw::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Runs `body` with the element type of `x`, float or c10::BFloat16.
template <typename Body>
auto with_type(const at::Tensor& x, const Body& body) {
  return x.scalar_type() == at::kFloat ? body(float{}) : body(c10::BFloat16{});
}

// An activation [N, C, H, W] in channels-last memory as rows, cut into chunks. The cut depends on
// the shape alone, and chunks are summed in order: no result depends on how threads share them.
class Rows {
 public:
  explicit Rows(const at::Tensor& x)
      : rows_(x.numel() / x.size(1)),
        channels_(x.size(1)),
        chunk_(std::clamp<int64_t>(at::divup(rows_, 128), 64, 512)) {}

  int64_t count() const { return rows_; }
  int64_t channels() const { return channels_; }
  int64_t chunks() const { return at::divup(rows_, chunk_); }

  // body(chunk, offset of its first element, its shape), chunks in parallel.
  template <typename Body>
  void each(const Body& body) const {
    device::parallel_ranges(chunks(), [&](int64_t begin, int64_t end) {
      // From the end: what was written or read last is still in the processor's cache.
      for (int64_t chunk = end; chunk-- > begin;) {
        const int64_t row = chunk * chunk_;
        body(chunk, row * channels_, RowShape{std::min(chunk_, rows_ - row), channels_});
      }
    });
  }

  // As each(), where body(sums, offset, shape) adds to two float sums a channel. Returns the
  // totals, [2, channels] double.
  template <typename Body>
  at::Tensor sum(const Body& body) const {
    const at::Tensor parts = at::zeros({chunks(), 2, channels_}, at::kFloat);
    float* const first = parts.mutable_data_ptr<float>();
    each([&](int64_t chunk, int64_t offset, RowShape shape) {
      body(first + chunk * 2 * channels_, offset, shape);
    });
    at::Tensor totals = at::empty({2, channels_}, at::kDouble);
    merge_sums(first, chunks(), 2 * channels_, totals.mutable_data_ptr<double>());
    return totals;
  }

 private:
  int64_t rows_, channels_, chunk_;
};

template <typename T>
const T* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<T>() : nullptr;
}

// Mean and variance (biased) a channel, [2, channels] double.
at::Tensor moments(const at::Tensor& x, const Rows& rows) {
  const int64_t channels = rows.channels();
  // Sums of squares around the mean of a few rows: around zero, a mean far from it would cost the
  // variance its digits.
  const int64_t stride = std::max<int64_t>(rows.count() / 16, 1);
  const at::Tensor few = x.permute({0, 2, 3, 1}).reshape({-1, channels}).slice(0, 0, {}, stride);
  const at::Tensor origin = few.to(at::kFloat).mean(0);
  at::Tensor sums = with_type(x, [&](auto type) {
    using T = decltype(type);
    const T* from = x.const_data_ptr<T>();
    return rows.sum([&](float* sums, int64_t offset, RowShape shape) {
      add_moments(from + offset, shape, origin.const_data_ptr<float>(), sums);
    });
  });
  sums.div_(static_cast<double>(rows.count()));
  at::Tensor mean = sums[0], variance = sums[1];
  variance.sub_(mean.square()).clamp_min_(0);
  mean.add_(origin);
  return sums;
}

at::Tensor normalise(const at::Tensor& x, const Normalisation& norm, const at::Tensor& residual) {
  at::Tensor y = at::empty_like(x);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    const T* from = x.const_data_ptr<T>();
    const T* other = data_or_null<T>(residual);
    T* to = y.mutable_data_ptr<T>();
    Rows(x).each([&](int64_t, int64_t offset, RowShape shape) {
      normalise_rows(from + offset, other ? other + offset : nullptr, to + offset, shape, norm);
    });
  });
  return y;
}

Normalisation normalisation(const at::Tensor& mean, const at::Tensor& scale,
                            const at::Tensor& shift, bool relu) {
  return {mean.const_data_ptr<float>(), scale.const_data_ptr<float>(),
          shift.const_data_ptr<float>(), relu};
}

void update_running(const BatchNorm& norm, const at::Tensor& mean, const at::Tensor& variance,
                    int64_t count) {
  const auto blend = [&](at::Tensor running, const at::Tensor& batch) {
    running.copy_(running.to(at::kDouble).lerp(batch, norm.momentum));
  };
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  blend(norm.running_mean, mean);
  blend(norm.running_var, variance * unbiased);
}

class FusedBatchNorm : public torch::autograd::Function<FusedBatchNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const std::optional<at::Tensor>& other,
                            const BatchNorm* norm, bool relu) {
    const at::Tensor residual = other.value_or(at::Tensor());
    const Rows rows(x);
    const at::Tensor statistics = moments(x, rows);
    update_running(*norm, statistics[0], statistics[1], rows.count());
    const at::Tensor mean = statistics[0].to(at::kFloat);
    const at::Tensor deviation = (statistics[1] + norm->epsilon).sqrt();
    const at::Tensor scale = (weight.to(at::kDouble) / deviation).to(at::kFloat);
    const at::Tensor y = normalise(x, normalisation(mean, scale, bias, relu), residual);
    context->saved_data["relu"] = relu;
    // The output tells where the ReLU was on; without a residual the input tells it as well.
    context->save_for_backward(
        {x, residual.defined() ? y : at::Tensor(), mean, scale, bias, deviation});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &y = saved[1], &mean = saved[2], &scale = saved[3],
                     &bias = saved[4], &deviation = saved[5];
    Normalisation norm = normalisation(mean, scale, bias, context->saved_data["relu"].toBool());
    const Rows rows(x);
    at::Tensor gradient =
        gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor masked = y.defined() ? at::empty_like(x) : at::Tensor();

    const at::Tensor sums = gradient_sums(gradient, x, y, masked, rows, norm);
    if (masked.defined()) {
      gradient = masked;  // the ReLU is behind us
      norm.relu = false;
    }
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      const at::Tensor means = sums / static_cast<double>(rows.count());
      const at::Tensor offset = (-means[0] * scale).to(at::kFloat);
      const at::Tensor slope = (-means[1] * scale / deviation.square()).to(at::kFloat);
      dx = input_gradient(gradient, x, rows, norm, slope, offset);
    }
    return {dx, (sums[1] / deviation).to(at::kFloat), sums[0].to(at::kFloat), masked, {}, {}};
  }

 private:
  static at::Tensor gradient_sums(const at::Tensor& gradient, const at::Tensor& x,
                                  const at::Tensor& y, const at::Tensor& masked, const Rows& rows,
                                  const Normalisation& norm) {
    return with_type(x, [&](auto type) {
      using T = decltype(type);
      const T *dy = gradient.const_data_ptr<T>(), *from = x.const_data_ptr<T>();
      const T* output = data_or_null<T>(y);
      T* to = masked.defined() ? masked.mutable_data_ptr<T>() : nullptr;
      return rows.sum([&](float* sums, int64_t offset, RowShape shape) {
        add_gradient_sums(dy + offset, from + offset, output ? output + offset : nullptr,
                          to ? to + offset : nullptr, shape, norm, sums);
      });
    });
  }

  static at::Tensor input_gradient(const at::Tensor& gradient, const at::Tensor& x,
                                   const Rows& rows, const Normalisation& norm,
                                   const at::Tensor& slope, const at::Tensor& offset) {
    at::Tensor dx = at::empty_like(x);
    with_type(x, [&](auto type) {
      using T = decltype(type);
      const T *dy = gradient.const_data_ptr<T>(), *from = x.const_data_ptr<T>();
      T* to = dx.mutable_data_ptr<T>();
      rows.each([&](int64_t, int64_t start, RowShape shape) {
        gradient_rows(dy + start, from + start, to + start, shape, norm,
                      slope.const_data_ptr<float>(), offset.const_data_ptr<float>());
      });
    });
    return dx;
  }
};

}  // namespace

bool can_fuse_norm(const at::Tensor& x) {
  return x.device().is_cpu() &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.dim() == 4 &&
         x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor fused_batch_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                            const at::Tensor& residual) {
  // A residual in another layout is aligned under autograd: it gets its gradient in its own.
  // Autograd refuses undefined tensors as inputs.
  std::optional<at::Tensor> aligned;
  if (residual.defined()) aligned = residual.contiguous(at::MemoryFormat::ChannelsLast);
  return FusedBatchNorm::apply(x, norm.weight, norm.bias, aligned, &norm, relu);
}

at::Tensor fused_running_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                              const at::Tensor& residual) {
  at::NoGradGuard no_grad;
  const at::Tensor deviation = (norm.running_var.to(at::kDouble) + norm.epsilon).sqrt();
  const at::Tensor scale = (norm.weight.to(at::kDouble) / deviation).to(at::kFloat);
  const at::Tensor aligned =
      residual.defined() ? residual.contiguous(at::MemoryFormat::ChannelsLast) : residual;
  return normalise(x, normalisation(norm.running_mean, scale, norm.bias, relu), aligned);
}

}  // namespace thaw::model
