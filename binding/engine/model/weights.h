// The tensors of a network by torchvision's names: a value that can be copied.
#pragma once

#include <string>
#include <vector>

#include "engine/model/graph.h"
#include "engine/state_dict.h"

namespace thaw::model {

class Weights {
 public:
  struct Entry {
    std::string name;  // "layer1.0.conv1.weight"
    int node;
    Role role;
    at::Tensor tensor;  // float32, channels-last where it has four axes; counters int64
  };

  Weights() = default;
  Weights(const Weights& other);  // copies the tensors
  Weights& operator=(const Weights& other);
  Weights(Weights&&) = default;
  Weights& operator=(Weights&&) = default;

  // Draws those of the graph's nodes first .. end - 1, in torchvision's order.
  void draw(const Graph& graph, int first, int end, uint64_t seed);
  // Gives those of the nodes from `first` on away.
  void drop(int first);

  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }

  // A node's, in the order of their specs; shared.
  std::vector<at::Tensor> of(int node) const;
  // Shared; throws std::out_of_range.
  at::Tensor at(const std::string& name) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace thaw::model
