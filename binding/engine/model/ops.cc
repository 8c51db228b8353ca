#include "engine/model/ops.h"

#include <charconv>
#include <cmath>

#include "engine/model/norm/batch_norm.h"

namespace thaw::model {
namespace {

// Text that reads back as the same double, in any locale; the exponent makes it a float in
// TorchScript.
std::string number(double value) {
  char text[40];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  return std::string(text, end);
}

std::string pair(int64_t value) {
  const std::string text = std::to_string(value);
  return "[" + text + ", " + text + "]";
}

Shape window_shape(const Shape& in, int64_t channels, int64_t kernel, int64_t stride,
                   int64_t padding) {
  return {channels, windowed(in.at(1), kernel, stride, padding),
          windowed(in.at(2), kernel, stride, padding)};
}

constexpr Draw kZeros{Draw::kConstant, 0}, kOnes{Draw::kConstant, 1};

}  // namespace

int64_t windowed(int64_t size, int64_t kernel, int64_t stride, int64_t padding) {
  return (size + 2 * padding - kernel) / stride + 1;
}

Draw glorot(int64_t fan_in, int64_t fan_out) {
  return {Draw::kUniform, std::sqrt(6.0 / static_cast<double>(fan_in + fan_out))};
}

namespace op {

Shape Convolution::shape(const Shapes& in) const {
  return window_shape(in.at(0), filters, kernel, stride, padding);
}

std::vector<TensorSpec> Convolution::tensors(const Shapes& in) const {
  const int64_t from = in.at(0).at(0) / groups, area = kernel * kernel;
  // He et al., "Delving Deep into Rectifiers", with the fan out, as torchvision's ResNet.
  const Draw he{Draw::kNormal, std::sqrt(2.0 / static_cast<double>(filters * area))};
  std::vector<TensorSpec> tensors = {{"weight",
                                      {filters, from, kernel, kernel},
                                      Role::kWeight,
                                      glorot ? model::glorot(from * area, filters * area) : he}};
  if (bias) tensors.push_back({"bias", {filters}, Role::kWeight, kZeros});
  return tensors;
}

at::Tensor Convolution::run(const Arguments& a) const {
  const at::Tensor added = bias ? a.tensors.at(1).to(a.compute) : at::Tensor();
  return at::conv2d(a.inputs.at(0), a.tensors.at(0).to(a.compute), added, {stride, stride},
                    {padding, padding}, {1, 1}, groups);
}

std::string Convolution::module_script() const {
  return std::string("torch.conv2d(x, self.weight, ") + (bias ? "self.bias, " : "None, ") +
         pair(stride) + ", " + pair(padding) + ", [1, 1], " + std::to_string(groups) + ")";
}

std::vector<TensorSpec> BatchNorm::tensors(const Shapes& in) const {
  const Shape channels = {in.at(0).at(0)};
  return {{"weight", channels, Role::kWeight, kOnes},
          {"bias", channels, Role::kWeight, kZeros},
          {"running_mean", channels, Role::kStatistic, kZeros},
          {"running_var", channels, Role::kStatistic, kOnes},
          {"num_batches_tracked", {}, Role::kCounter, kZeros}};
}

at::Tensor BatchNorm::run(const Arguments& a) const {
  return normalise(bind_norm(*this, a.tensors, a.trainable), a.inputs.at(0), a.mode.training);
}

std::string BatchNorm::module_script() const {
  return "torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var, "
         "False, " +
         number(momentum) + ", " + number(epsilon) + ", True)";
}

Shape MaxPool::shape(const Shapes& in) const {
  return window_shape(in.at(0), in.at(0).at(0), kernel, stride, padding);
}

at::Tensor MaxPool::run(const Arguments& a) const {
  return at::max_pool2d(a.inputs.at(0), {kernel, kernel}, {stride, stride}, {padding, padding});
}

std::string MaxPool::script(const Texts& in) const {
  return "torch.max_pool2d(" + in.at(0) + ", " + pair(kernel) + ", " + pair(stride) + ", " +
         pair(padding) + ", [1, 1], False)";
}

Shape Flatten::shape(const Shapes& in) const {
  int64_t features = 1;
  for (const int64_t size : in.at(0)) features *= size;
  return {features};
}

at::Tensor Flatten::run(const Arguments& a) const {
  const at::Tensor& x = a.inputs.at(0);
  return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});
}

std::vector<TensorSpec> Dense::tensors(const Shapes& in) const {
  const int64_t from = in.at(0).at(0);
  // torch.nn.Linear's: weights and biases.
  const Draw linear{Draw::kUniform, 1.0 / std::sqrt(static_cast<double>(from))};
  const bool keras = initializer == Initializer::kKeras;
  return {{"weight", {units, from}, Role::kWeight, keras ? glorot(from, units) : linear},
          {"bias", {units}, Role::kWeight, keras ? kZeros : linear}};
}

at::Tensor Dense::run(const Arguments& a) const {
  // The logits are computed in float32: few multiplications, and the loss is sensitive to them.
  const at::ScalarType type = a.last ? at::kFloat : a.compute;
  const at::Tensor y =
      at::linear(a.inputs.at(0).to(type), a.tensors.at(0).to(type), a.tensors.at(1).to(type));
  switch (activation) {
    case Activation::kLinear:
      return y;
    case Activation::kRelu:
      return y.relu();
    // At the end of the network they belong to the loss (log-sum-exp).
    case Activation::kSoftmax:
      return a.last ? y : y.softmax(-1);
    case Activation::kSigmoid:
      return a.last ? y : y.sigmoid();
  }
  return y;
}

std::string Dense::script(const Texts& in) const {
  switch (activation) {
    case Activation::kLinear:
      return in.at(0);
    case Activation::kRelu:
      return "torch.relu(" + in.at(0) + ")";
    case Activation::kSoftmax:
      return "torch.softmax(" + in.at(0) + ", -1)";
    case Activation::kSigmoid:
      return "torch.sigmoid(" + in.at(0) + ")";
  }
  return in.at(0);
}

at::Tensor Dropout::run(const Arguments& a) const {
  const at::Tensor& x = a.inputs.at(0);
  if (!a.mode.training || rate == 0) return x;
  // Inverted dropout: what stays is scaled up, so that inference needs no scaling.
  const at::Tensor mask =
      at::empty_like(x, x.options().requires_grad(false)).bernoulli_(1 - rate, a.mode.generator);
  return x * mask.div_(1 - rate);
}

}  // namespace op
}  // namespace thaw::model
