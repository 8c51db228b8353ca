// A network as a list of nodes. Everything else that is known of a network is derived from this
// list: its tensors and how they are drawn, the table of layers, where it can be cut into a frozen
// and a trained part, the program that runs, the key of a feature cache, TorchScript, and the
// layers of Keras', TensorFlow.js' and ONNX' files.
#pragma once

#include <string>
#include <vector>

#include "engine/model/ops.h"

namespace thaw::model {

struct Names {
  std::string module;  // torchvision's, the beginning of its tensors' names: "layer1.0.conv1"
  std::string keras;   // Keras' layer: "conv2_block1_1_conv"
  std::string torch = module;  // what torchvision's users call the output; "" for inner steps
};

struct Node {
  Op op;
  Names names;
  std::vector<int> inputs;  // indices of earlier nodes
  Shape shape;              // of its output, for one image: {channels, height, width} or {features}
  bool head;
};

class Graph {
 public:
  // Adds a node whose shape follows from its inputs', and gives its index. What comes after
  // begin_head() belongs to the head.
  int add(Op op, Names names, std::vector<int> inputs);
  void begin_head() { head_ = true; }

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& at(int node) const { return nodes_.at(static_cast<size_t>(node)); }
  int size() const { return static_cast<int>(nodes_.size()); }
  int output() const { return size() - 1; }

  // The tensors of a node, in torchvision's order.
  std::vector<TensorSpec> tensors(int node) const;
  // The nodes that take a node's output.
  std::vector<int> consumers(int node) const;

  // The nodes after which their own value alone is alive: where the network falls into two parts.
  std::vector<int> cuts() const;

  // The nodes in the order of Keras' model.layers: by depth from the output, then as a walk from
  // there comes to them (keras/src/ops/function.py, map_graph).
  std::vector<int> keras_order() const;

  // Nodes 0 .. `last` with all that decides what they compute, but for the tensors' values.
  std::string text(int last) const;

 private:
  std::vector<Shape> shapes(const std::vector<int>& nodes) const;

  std::vector<Node> nodes_;
  bool head_ = false;
};

}  // namespace thaw::model
