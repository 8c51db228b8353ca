#include "engine/model/norm/check.h"

namespace thaw::model {
namespace {

// Waves, which no two elements in reach of one another have alike.
at::Tensor drawn(at::IntArrayRef sizes, double frequency) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  const at::Tensor waves = at::arange(count, at::kDouble).mul_(frequency).sin_().mul_(2).add_(0.5);
  at::Tensor values = waves.view(sizes);
  return sizes.size() == 4 ? values.contiguous(at::MemoryFormat::ChannelsLast) : values;
}

// Of the largest value expected.
double difference(const at::Tensor& actual, const at::Tensor& expected) {
  const at::Tensor off = (actual.to(at::kCPU, at::kDouble) - expected).abs().max();
  return (off / expected.abs().max()).item<double>();
}

}  // namespace

bool computes_norms(const NormArithmetic& arithmetic, at::Device device, at::ScalarType type) {
  constexpr int64_t kChannels = 128;
  const std::vector<int64_t> sizes = {5, kChannels, 9, 7};
  const auto there = [&](double frequency) { return drawn(sizes, frequency).to(type).to(device); };
  const at::Tensor x = there(0.7), residual = there(1.3), gradient = there(2.9);
  const auto channel = [&](double frequency) {
    return drawn({kChannels}, frequency).to(device, at::kFloat);
  };
  const BatchNorm norm{.name = "drawn",
                       .channels = kChannels,
                       .weight = channel(0.3),
                       .bias = channel(0.4),
                       .running_mean = channel(0.5),
                       .running_var = channel(0.6)};
  const auto wide = [](const at::Tensor& t) { return t.to(at::kCPU, at::kDouble); };
  const auto per_channel = [](const at::Tensor& t) { return t.view({1, -1, 1, 1}); };
  const at::Tensor old_mean = wide(norm.running_mean), old_var = wide(norm.running_var);
  const at::Tensor weight = per_channel(wide(norm.weight));

  const auto [y, statistics] = arithmetic.forward(x, norm, true, residual);
  const auto gradients =
      arithmetic.backward(gradient, x, y, statistics, norm.bias, /*relu=*/true, /*of_x=*/true);

  const std::vector<int64_t> over = {0, 2, 3};
  const at::Tensor wide_x = wide(x), mean = wide_x.mean(over, true);
  const at::Tensor variance = (wide_x - mean).square().mean(over, true);
  const at::Tensor inverse = (variance + norm.epsilon).rsqrt();
  const auto moved = [&](const at::Tensor& old, const at::Tensor& to) {
    return old + norm.momentum * (to.flatten() - old);
  };
  const double n = static_cast<double>(wide_x.numel()) / kChannels;
  const at::Tensor shape = (wide_x - mean) * inverse;
  const at::Tensor sum = shape * weight + per_channel(wide(norm.bias)) + wide(residual);
  const at::Tensor g = wide(gradient) * wide(y).gt(0);
  const at::Tensor product = g * shape;
  const at::Tensor dx =
      weight * inverse * (g - g.mean(over, true) - shape * product.mean(over, true));
  const double tolerance = type == at::kFloat ? 1e-4 : 1e-2;
  return difference(y, sum.relu()) < tolerance && difference(gradients.x, dx) < tolerance &&
         difference(gradients.residual, g) < tolerance &&
         difference(gradients.weight, product.sum(over)) < tolerance &&
         difference(gradients.bias, g.sum(over)) < tolerance &&
         difference(norm.running_mean, moved(old_mean, mean)) < tolerance &&
         difference(norm.running_var, moved(old_var, variance * n / (n - 1))) < tolerance;
}

}  // namespace thaw::model
