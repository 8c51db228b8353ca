// What a node of a network may be. An operation is a struct: its attributes, the shape of its
// output (unless that is its input's), its tensors and how they are drawn (where it has any), how
// it runs by libtorch's operators, and its line of TorchScript. Adding one is adding such a struct
// to `Op`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/fields.h"
#include "engine/model/head.h"
#include "engine/torch.h"

namespace thaw::model {

// Of one image's value: {channels, height, width}, or {features}.
using Shape = std::vector<int64_t>;

enum class Role {
  kWeight,     // training may change it
  kStatistic,  // a running statistic: saved, never trained
  kCounter,    // of batches seen, int64: saved where there is one, and never missed
};

// How the values of a new tensor are drawn: a constant, normal with this deviation, or uniform
// within plus and minus this limit.
struct Draw {
  enum Kind { kConstant, kNormal, kUniform } kind;
  double value;
};

struct TensorSpec {
  const char* field;  // "weight"
  Shape shape;
  Role role;
  Draw draw;
};

// How a program runs a node.
struct Mode {
  bool training = false;                        // live BatchNorm and dropout
  std::optional<at::Generator> generator = {};  // of dropout, where training
};

// What an operation is given to run: an input for each of the node's, [N, ...] channels-last, and
// its tensors in the order of their specs.
struct Arguments {
  const std::vector<at::Tensor>& inputs;
  const std::vector<at::Tensor>& tensors;
  bool trainable;          // of the node's layer
  at::ScalarType compute;  // the type of the arithmetic
  bool last;               // of the network: what it gives are logits, in float32
  const Mode& mode;
};

// Height or width after a window of this kernel.
int64_t windowed(int64_t size, int64_t kernel, int64_t stride, int64_t padding);

// A new tensor whose values are drawn with Keras' Glorot uniform (Glorot and Bengio 2010).
Draw glorot(int64_t fan_in, int64_t fan_out);

namespace op {

using Shapes = std::vector<Shape>;
using Texts = std::vector<std::string>;

struct Input {
  static constexpr const char* kName = "Input";
  Shape of;

  Shape shape(const Shapes&) const { return of; }
  at::Tensor run(const Arguments& a) const { return a.inputs.at(0); }
  std::string script(const Texts& in) const { return in.at(0); }
};

struct Convolution {
  static constexpr const char* kName = "Convolution";
  int64_t filters, kernel, stride = 1, padding = 0, groups = 1;
  bool bias = false;
  bool glorot = false;      // drawn as Keras draws it, else He normal by the fan out
  std::string padded = {};  // Keras pads in a layer of this name

  Shape shape(const Shapes& in) const;
  std::vector<TensorSpec> tensors(const Shapes& in) const;
  at::Tensor run(const Arguments& a) const;
  std::string module_script() const;
  std::string script(const Texts& in) const { return in.at(0); }
};

void fields(auto& visit, Of<Convolution> auto& op) {
  visit("filters", op.filters);
  visit("kernel", op.kernel);
  visit("stride", op.stride);
  visit("padding", op.padding);
  visit("groups", op.groups);
  visit("bias", op.bias);
  visit("padded", op.padded);
}

struct BatchNorm {
  static constexpr const char* kName = "BatchNorm";
  double epsilon = 1e-5;
  double momentum = 0.1;  // torch's meaning: the share of the new batch's statistic
  // Whether the running variance takes the batch's with Bessel's correction: torch does, Keras not.
  bool unbiased = true;

  std::vector<TensorSpec> tensors(const Shapes& in) const;
  at::Tensor run(const Arguments& a) const;
  std::string module_script() const;
  std::string script(const Texts& in) const { return in.at(0); }
};

void fields(auto& visit, Of<BatchNorm> auto& op) {
  visit("epsilon", op.epsilon);
  visit("momentum", op.momentum);
  visit("unbiased", op.unbiased);
}

struct Relu {
  static constexpr const char* kName = "Relu";
  at::Tensor run(const Arguments& a) const { return a.inputs.at(0).relu(); }
  std::string script(const Texts& in) const { return "torch.relu(" + in.at(0) + ")"; }
};

struct Add {
  static constexpr const char* kName = "Add";
  at::Tensor run(const Arguments& a) const { return a.inputs.at(0) + a.inputs.at(1); }
  std::string script(const Texts& in) const { return in.at(0) + " + " + in.at(1); }
};

struct MaxPool {
  static constexpr const char* kName = "MaxPool";
  int64_t kernel, stride, padding;
  std::string padded = {};  // as Convolution's

  Shape shape(const Shapes& in) const;
  at::Tensor run(const Arguments& a) const;
  std::string script(const Texts& in) const;
};

void fields(auto& visit, Of<MaxPool> auto& op) {
  visit("kernel", op.kernel);
  visit("stride", op.stride);
  visit("padding", op.padding);
  visit("padded", op.padded);
}

struct GlobalAveragePool {
  static constexpr const char* kName = "GlobalAveragePool";
  Shape shape(const Shapes& in) const { return {in.at(0).at(0)}; }
  // In float32: a mean of many.
  at::Tensor run(const Arguments& a) const { return a.inputs.at(0).to(at::kFloat).mean({2, 3}); }
  std::string script(const Texts& in) const {
    return "torch.flatten(torch.adaptive_avg_pool2d(" + in.at(0) + ", [1, 1]), 1)";
  }
};

// In the order height, width, channels: Keras', and that of channels-last memory.
struct Flatten {
  static constexpr const char* kName = "Flatten";
  Shape shape(const Shapes& in) const;
  at::Tensor run(const Arguments& a) const;
  std::string script(const Texts& in) const {
    return "torch.flatten(torch.permute(" + in.at(0) + ", [0, 2, 3, 1]), 1)";
  }
};

struct Dense {
  static constexpr const char* kName = "Dense";
  int64_t units;
  Activation activation = Activation::kLinear;
  Initializer initializer = Initializer::kKeras;

  Shape shape(const Shapes&) const { return {units}; }
  std::vector<TensorSpec> tensors(const Shapes& in) const;
  at::Tensor run(const Arguments& a) const;
  std::string module_script() const { return "torch.linear(x, self.weight, self.bias)"; }
  std::string script(const Texts& in) const;
};

void fields(auto& visit, Of<Dense> auto& op) {
  visit("units", op.units);
  visit("activation", op.activation);
}

struct Dropout {
  static constexpr const char* kName = "Dropout";
  double rate;  // the share that is set to zero

  at::Tensor run(const Arguments& a) const;
  std::string script(const Texts& in) const { return in.at(0); }  // the identity in inference
};

void fields(auto& visit, Of<Dropout> auto& op) { visit("rate", op.rate); }

}  // namespace op

using Op = std::variant<op::Input, op::Convolution, op::BatchNorm, op::Relu, op::Add, op::MaxPool,
                        op::GlobalAveragePool, op::Flatten, op::Dense, op::Dropout>;

inline const char* op_name(const Op& of) {
  return std::visit([](const auto& op) { return std::decay_t<decltype(op)>::kName; }, of);
}
inline Shape shape_of(const Op& of, const op::Shapes& in) {
  return std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.shape(in); }) return op.shape(in);
        return in.at(0);
      },
      of);
}
inline std::vector<TensorSpec> tensors_of(const Op& of, const op::Shapes& in) {
  return std::visit(
      [&](const auto& op) -> std::vector<TensorSpec> {
        if constexpr (requires { op.tensors(in); }) return op.tensors(in);
        return {};
      },
      of);
}
inline at::Tensor run(const Op& of, const Arguments& arguments) {
  return std::visit([&](const auto& op) { return op.run(arguments); }, of);
}
// Of an operation with tensors: what its module gives for `x`; empty for others.
inline std::string module_script(const Op& of) {
  return std::visit(
      [](const auto& op) -> std::string {
        if constexpr (requires { op.module_script(); }) return op.module_script();
        return "";
      },
      of);
}
// What an operation gives for the values of these names; of one with tensors: for what its module
// gave.
inline std::string script(const Op& of, const op::Texts& in) {
  return std::visit([&](const auto& op) { return op.script(in); }, of);
}
template <typename Visit>
void each_attribute(const Op& of, Visit&& visit) {
  std::visit(
      [&](const auto& op) {
        if constexpr (Struct<const std::decay_t<decltype(op)>>) fields(visit, op);
      },
      of);
}

}  // namespace thaw::model
