#include "engine/model/layer.h"

#include <c10/util/accumulate.h>

namespace thaw::model {
namespace {

// Keras' class for an operation of the graph.
template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string keras_class(const Op& of) {
  return std::visit(
      Overloaded{[](const op::Input&) { return "InputLayer"; },
                 [](const op::Convolution&) { return "Conv2D"; },
                 [](const op::BatchNorm&) { return "BatchNormalization"; },
                 [](const op::Relu&) { return "Activation"; }, [](const op::Add&) { return "Add"; },
                 [](const op::MaxPool&) { return "MaxPooling2D"; },
                 [](const op::GlobalAveragePool&) { return "GlobalAveragePooling2D"; },
                 [](const op::Flatten&) { return "Flatten"; },
                 [](const op::Dense&) { return "Dense"; },
                 [](const op::Dropout&) { return "Dropout"; }},
      of);
}

std::vector<int64_t> keras_shape(const Shape& shape, int64_t padding = 0) {
  if (shape.size() == 1) return shape;
  return {shape[1] + 2 * padding, shape[2] + 2 * padding, shape[0]};
}

// Keras pads before some windows in a layer of its own.
struct Padding {
  std::string name;
  int64_t size;
};
Padding padding_before(const Op& of) {
  if (const auto* convolution = std::get_if<op::Convolution>(&of))
    return {convolution->padded, convolution->padding};
  if (const auto* pool = std::get_if<op::MaxPool>(&of)) return {pool->padded, pool->padding};
  return {};
}

}  // namespace

std::vector<Layer> layer_table(const Graph& graph) {
  std::vector<Layer> table;
  for (const int index : graph.keras_order()) {
    const Node& node = graph.at(index);
    if (const auto [name, size] = padding_before(node.op); !name.empty()) {
      table.push_back({.name = name,
                       .torch_name = "",
                       .type = "ZeroPadding2D",
                       .output_shape = keras_shape(graph.at(node.inputs[0]).shape, size),
                       .node = -1,
                       .head = node.head});
    }
    Layer layer{.name = node.names.keras,
                .torch_name = node.names.torch,
                .type = keras_class(node.op),
                .output_shape = keras_shape(node.shape),
                .node = index,
                .head = node.head};
    for (const TensorSpec& spec : graph.tensors(index)) {
      const int64_t count = c10::multiply_integers(spec.shape);
      if (spec.role == Role::kWeight) layer.weights += count;
      if (spec.role == Role::kStatistic) layer.buffers += count;
    }
    table.push_back(std::move(layer));
  }
  return table;
}

}  // namespace thaw::model
