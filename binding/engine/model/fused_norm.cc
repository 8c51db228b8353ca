#include "engine/model/fused_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <optional>
#include <vector>

#include "engine/model/channel_rows.h"

namespace thaw::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Runs `body` with a value of the element type of `x`, float or c10::BFloat16.
template <typename Body>
auto with_type(const at::Tensor& x, const Body& body) {
  return x.scalar_type() == at::kFloat ? body(float{}) : body(c10::BFloat16{});
}

template <typename T>
const T* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<T>() : nullptr;
}

// What is added to a pointer that may be null.
template <typename T>
T* advance(T* from, int64_t offset) {
  return from ? from + offset : nullptr;
}

// One value a channel.
at::Tensor per_channel(int64_t channels) { return at::empty({channels}, at::kFloat); }

struct Statistics {
  std::vector<double> mean, variance;  // biased
};

Statistics batch_statistics(const at::Tensor& x, const ChannelRows& rows) {
  const int64_t channels = rows.channels();
  // Sums of squares around the mean of a few rows: around zero, a mean far from it would cost the
  // variance its digits.
  const int64_t stride = std::max<int64_t>(rows.count() / 16, 1);
  const at::Tensor few = x.permute({0, 2, 3, 1}).reshape({-1, channels}).slice(0, 0, {}, stride);
  const at::Tensor around = few.to(at::kFloat).mean(0);
  const float* origin = around.const_data_ptr<float>();
  const std::vector<double> sums = with_type(x, [&](auto type) {
    using T = decltype(type);
    const T* from = x.const_data_ptr<T>();
    return rows.sum([&](float* sums, int64_t offset, RowShape shape) {
      add_moments(from + offset, shape, origin, sums);
    });
  });
  Statistics statistics{std::vector<double>(channels), std::vector<double>(channels)};
  const auto count = static_cast<double>(rows.count());
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = sums[c] / count;
    statistics.mean[c] = origin[c] + mean;
    statistics.variance[c] = std::max(sums[channels + c] / count - mean * mean, 0.0);
  }
  return statistics;
}

void update_running(const BatchNorm& norm, const Statistics& batch, int64_t count) {
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  const auto blend = [&](float& running, double value) {
    running = static_cast<float>(running + norm.momentum * (value - running));
  };
  float* mean = norm.running_mean.mutable_data_ptr<float>();
  float* variance = norm.running_var.mutable_data_ptr<float>();
  for (int64_t c = 0; c < norm.channels; ++c) {
    blend(mean[c], batch.mean[c]);
    blend(variance[c], batch.variance[c] * unbiased);
  }
}

Normalisation normalisation(const at::Tensor& mean, const at::Tensor& scale,
                            const at::Tensor& shift, bool relu) {
  return {mean.const_data_ptr<float>(), scale.const_data_ptr<float>(),
          shift.const_data_ptr<float>(), relu};
}

at::Tensor normalise(const at::Tensor& x, const ChannelRows& rows, const Normalisation& norm,
                     const at::Tensor& residual) {
  at::Tensor y = at::empty_like(x);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    const T *from = x.const_data_ptr<T>(), *other = data_or_null<T>(residual);
    T* to = y.mutable_data_ptr<T>();
    rows.each([&](int64_t offset, RowShape shape) {
      normalise_rows(from + offset, advance(other, offset), to + offset, shape, norm);
    });
  });
  return y;
}

// The sums of g and of g (x - mean), where g is what comes back through the ReLU; with an output
// `y`, g goes to `masked`.
std::vector<double> gradient_sums(const at::Tensor& gradient, const at::Tensor& x,
                                  const at::Tensor& y, const at::Tensor& masked,
                                  const ChannelRows& rows, const Normalisation& norm) {
  return with_type(x, [&](auto type) {
    using T = decltype(type);
    const T *dy = gradient.const_data_ptr<T>(), *from = x.const_data_ptr<T>();
    const T* output = data_or_null<T>(y);
    T* to = masked.defined() ? masked.mutable_data_ptr<T>() : nullptr;
    return rows.sum([&](float* sums, int64_t offset, RowShape shape) {
      add_gradient_sums(dy + offset, from + offset, advance(output, offset), advance(to, offset),
                        shape, norm, sums);
    });
  });
}

at::Tensor input_gradient(const at::Tensor& gradient, const at::Tensor& x, const ChannelRows& rows,
                          const Normalisation& norm, const float* slope, const float* shift) {
  at::Tensor dx = at::empty_like(x);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    const T *dy = gradient.const_data_ptr<T>(), *from = x.const_data_ptr<T>();
    T* to = dx.mutable_data_ptr<T>();
    rows.each([&](int64_t offset, RowShape shape) {
      gradient_rows(dy + offset, from + offset, to + offset, shape, norm, slope, shift);
    });
  });
  return dx;
}

class FusedBatchNorm : public torch::autograd::Function<FusedBatchNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const std::optional<at::Tensor>& residual,
                            const BatchNorm* norm, bool relu) {
    const ChannelRows rows(x);
    const int64_t channels = rows.channels();
    const Statistics batch = batch_statistics(x, rows);
    update_running(*norm, batch, rows.count());

    const at::Tensor mean = per_channel(channels), scale = per_channel(channels),
                     inverse = per_channel(channels);  // of the standard deviation
    const float* gamma = weight.const_data_ptr<float>();
    for (int64_t c = 0; c < channels; ++c) {
      const double one_over = 1 / std::sqrt(batch.variance[c] + norm->epsilon);
      mean.mutable_data_ptr<float>()[c] = static_cast<float>(batch.mean[c]);
      inverse.mutable_data_ptr<float>()[c] = static_cast<float>(one_over);
      scale.mutable_data_ptr<float>()[c] = static_cast<float>(gamma[c] * one_over);
    }
    const at::Tensor y =
        normalise(x, rows, normalisation(mean, scale, bias, relu), residual.value_or(at::Tensor()));
    context->saved_data["relu"] = relu;
    // The output tells where the ReLU was on; without a residual the input tells it as well.
    context->save_for_backward({x, residual ? y : at::Tensor(), mean, scale, bias, inverse});
    return y;
  }

  // With xhat = (x - mean) / deviation over n rows, and g what comes back through the ReLU:
  // dbeta = sum g, dgamma = sum g xhat, dx = gamma / deviation (g - dbeta / n - xhat dgamma / n).
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &y = saved[1], &mean = saved[2], &scale = saved[3],
                     &bias = saved[4];
    const float* inverse = saved[5].const_data_ptr<float>();
    const float* factor = scale.const_data_ptr<float>();
    Normalisation norm = normalisation(mean, scale, bias, context->saved_data["relu"].toBool());
    const ChannelRows rows(x);
    const int64_t channels = rows.channels();
    at::Tensor gradient =
        gradients[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor masked = y.defined() ? at::empty_like(x) : at::Tensor();
    const std::vector<double> sums = gradient_sums(gradient, x, y, masked, rows, norm);

    const at::Tensor dgamma = per_channel(channels), dbeta = per_channel(channels);
    std::vector<float> slope(channels), shift(channels);
    const double share = 1 / static_cast<double>(rows.count());
    for (int64_t c = 0; c < channels; ++c) {
      const double product = sums[channels + c] * inverse[c];
      dbeta.mutable_data_ptr<float>()[c] = static_cast<float>(sums[c]);
      dgamma.mutable_data_ptr<float>()[c] = static_cast<float>(product);
      shift[c] = static_cast<float>(-factor[c] * sums[c] * share);
      slope[c] = static_cast<float>(-factor[c] * inverse[c] * product * share);
    }
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      if (masked.defined()) {
        gradient = masked;  // the ReLU is behind us
        norm.relu = false;
      }
      dx = input_gradient(gradient, x, rows, norm, slope.data(), shift.data());
    }
    return {dx, dgamma, dbeta, masked, {}, {}};
  }
};

// In the memory layout that the kernels walk through, under autograd. Nothing for an undefined
// tensor, which autograd's functions refuse.
std::optional<at::Tensor> aligned(const at::Tensor& residual) {
  if (!residual.defined()) return std::nullopt;
  return residual.contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

bool can_fuse_norm(const at::Tensor& x) {
  return x.device().is_cpu() &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.dim() == 4 &&
         x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor fused_batch_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                            const at::Tensor& residual) {
  return FusedBatchNorm::apply(x, norm.weight, norm.bias, aligned(residual), &norm, relu);
}

at::Tensor fused_running_norm(const at::Tensor& x, const BatchNorm& norm, bool relu,
                              const at::Tensor& residual) {
  at::NoGradGuard no_grad;
  const at::Tensor scale = norm.weight * (norm.running_var + norm.epsilon).rsqrt();
  return normalise(x, ChannelRows(x), normalisation(norm.running_mean, scale, norm.bias, relu),
                   aligned(residual).value_or(at::Tensor()));
}

}  // namespace thaw::model
