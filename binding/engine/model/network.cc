#include "engine/model/network.h"

#include <algorithm>

namespace thaw::model {
namespace {

int first_of_head(const Graph& graph) {
  const auto& nodes = graph.nodes();
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [](const Node& node) { return node.head; });
  return static_cast<int>(found - nodes.begin());
}

void place(at::Tensor& tensor, at::Device device) {
  const bool trained = tensor.requires_grad();
  tensor = tensor.detach().to(device).set_requires_grad(trained);
}

}  // namespace

Network::Network(const Architecture& architecture, InputShape input,
                 const std::vector<HeadLayer>& head, uint64_t seed, Initializer initializer)
    : architecture_(architecture),
      input_(input),
      head_(head),
      graph_(make_graph(architecture, input, head, initializer)),
      trainable_(graph_.nodes().size(), true),
      layers_(layer_table(graph_)) {
  const int first = first_of_head(graph_);
  weights_.draw(graph_, 0, first, seed);
  weights_.draw(graph_, first, graph_.size(), seed + 1);
  for (size_t i = 0; i < layers_.size(); ++i) set_trainable(i, true);
}

void Network::replace_head(const std::vector<HeadLayer>& head, uint64_t seed,
                           Initializer initializer) {
  const at::Device before = device();
  Graph graph = make_graph(architecture_, input_, head, initializer);  // throws before any change
  const int first = first_of_head(graph);
  graph_ = std::move(graph);
  head_ = head;
  weights_.drop(first);
  weights_.draw(graph_, first, graph_.size(), seed);
  trainable_.resize(static_cast<size_t>(first));
  trainable_.resize(graph_.nodes().size(), true);
  std::vector<Layer> rows = layer_table(graph_);
  for (size_t i = 0; i < rows.size() && !rows[i].head; ++i)
    rows[i].trainable = layers_[i].trainable;
  layers_ = std::move(rows);
  for (size_t i = 0; i < layers_.size(); ++i) set_trainable(i, layers_[i].trainable);
  to(before);
}

int64_t Network::outputs() const { return head_.empty() ? 0 : head_.back().units; }

Activation Network::final_activation() const {
  return head_.empty() ? Activation::kLinear : head_.back().activation;
}

void Network::set_trainable(size_t layer, bool trainable) {
  Layer& row = layers_.at(layer);
  row.trainable = trainable;
  if (row.node >= 0) {
    trainable_[static_cast<size_t>(row.node)] = trainable;
    for (Weights::Entry& entry : weights_.entries()) {
      if (entry.node == row.node && entry.role == Role::kWeight)
        entry.tensor.set_requires_grad(trainable);
    }
  }
  touch();
}

int Network::boundary() const {
  int limit = graph_.size();
  for (const Weights::Entry& entry : weights_.entries()) {
    if (trainable(entry.node)) limit = std::min(limit, entry.node);
  }
  return boundary_before(limit);
}

int Network::backbone_boundary() const { return boundary_before(graph_.size()); }

int Network::boundary_before(int limit) const {
  int boundary = 0;
  for (const int cut : graph_.cuts()) {
    const Node& node = graph_.at(cut);
    const bool random = std::holds_alternative<op::Dropout>(node.op);
    if (cut >= limit || random || (node.head && !weights_.of(cut).empty())) break;
    // Flattened, features are the same numbers; and a convolution stays with its norm.
    const bool inner = std::holds_alternative<op::Convolution>(node.op);
    if (!inner && !std::holds_alternative<op::Flatten>(node.op)) boundary = cut;
  }
  return boundary;
}

std::vector<Network::Named> Network::named_tensors() {
  std::vector<Named> all;
  for (Weights::Entry& entry : weights_.entries()) {
    all.push_back({.name = entry.name,
                   .tensor = &entry.tensor,
                   .buffer = entry.role != Role::kWeight,
                   .trainable = trainable(entry.node),
                   .head = graph_.at(entry.node).head});
  }
  return all;
}

StateDict Network::state(const std::optional<std::set<std::string>>& names) const {
  StateDict state;
  for (const Weights::Entry& entry : weights_.entries()) {
    if (names && !names->contains(entry.name)) continue;
    state.emplace_back(entry.name,
                       entry.tensor.detach().to(at::kCPU).clone(at::MemoryFormat::Contiguous));
  }
  return state;
}

void Network::to(at::Device device) {
  for (Weights::Entry& entry : weights_.entries()) place(entry.tensor, device);
  touch();
}

}  // namespace thaw::model
