#include "engine/model/norm/arithmetic.h"

#include <cmath>
#include <vector>

#include "engine/model/norm/channel_rows.h"

namespace thaw::model {
namespace {

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
  const double correction =
      norm.unbiased ? static_cast<double>(count) / static_cast<double>(count - 1) : 1;
  const auto blend = [&](float& running, double value) {
    running = static_cast<float>(running + norm.momentum * (value - running));
  };
  float* mean = norm.running_mean.mutable_data_ptr<float>();
  float* variance = norm.running_var.mutable_data_ptr<float>();
  for (int64_t c = 0; c < norm.channels; ++c) {
    blend(mean[c], batch.mean[c]);
    blend(variance[c], batch.variance[c] * correction);
  }
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

}  // namespace

Normalised norm_forward(const at::Tensor& x, const BatchNorm& norm, bool relu,
                        const at::Tensor& residual) {
  const ChannelRows rows(x);
  const int64_t channels = rows.channels();
  const Statistics batch = batch_statistics(x, rows);
  update_running(norm, batch, rows.count());

  const at::Tensor statistics = at::empty({3, channels}, at::kFloat);
  float* mean = statistics.mutable_data_ptr<float>();
  float *scale = mean + channels, *inverse = scale + channels;
  const float* weight = norm.weight.const_data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    const double one_over = 1 / std::sqrt(batch.variance[c] + norm.epsilon);
    mean[c] = static_cast<float>(batch.mean[c]);
    scale[c] = static_cast<float>(weight[c] * one_over);
    inverse[c] = static_cast<float>(one_over);
  }
  const Normalisation by = {mean, scale, norm.bias.const_data_ptr<float>(), relu};
  return {normalise(x, rows, by, residual), statistics};
}

// With xhat = (x - mean) / deviation over n rows, and g what comes back through the ReLU:
// dbias = sum g, dweight = sum g xhat, dx = weight / deviation (g - dbias / n - xhat dweight /
// n).
NormGradients norm_backward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& y,
                            const at::Tensor& statistics, const at::Tensor& bias, bool relu,
                            bool of_x) {
  const ChannelRows rows(x);
  const int64_t channels = rows.channels();
  const float* mean = statistics.const_data_ptr<float>();
  const float *scale = mean + channels, *inverse = scale + channels;
  Normalisation norm = {mean, scale, bias.const_data_ptr<float>(), relu};
  const at::Tensor masked = y.defined() ? at::empty_like(x) : at::Tensor();
  const std::vector<double> sums = gradient_sums(gradient, x, y, masked, rows, norm);

  NormGradients gradients{.x = {},
                          .weight = at::empty({channels}, at::kFloat),
                          .bias = at::empty({channels}, at::kFloat),
                          .residual = masked};
  std::vector<float> slope(channels), shift(channels);
  const double share = 1 / static_cast<double>(rows.count());
  for (int64_t c = 0; c < channels; ++c) {
    const double product = sums[channels + c] * inverse[c];
    gradients.bias.mutable_data_ptr<float>()[c] = static_cast<float>(sums[c]);
    gradients.weight.mutable_data_ptr<float>()[c] = static_cast<float>(product);
    shift[c] = static_cast<float>(-scale[c] * sums[c] * share);
    slope[c] = static_cast<float>(-scale[c] * inverse[c] * product * share);
  }
  if (of_x) {
    if (masked.defined()) norm.relu = false;  // the ReLU is behind us
    gradients.x = input_gradient(masked.defined() ? masked : gradient, x, rows, norm, slope.data(),
                                 shift.data());
  }
  return gradients;
}

at::Tensor norm_apply(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& scale,
                      const at::Tensor& shift, bool relu, const at::Tensor& residual) {
  return normalise(x, ChannelRows(x),
                   {mean.const_data_ptr<float>(), scale.const_data_ptr<float>(),
                    shift.const_data_ptr<float>(), relu},
                   residual);
}

}  // namespace thaw::model
