// A network that is trained and run: its graph, its weights, its table of layers, and what of it is
// trained. Freezing is a matter of layers; where the frozen part ends and training begins follows
// from the graph.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/model/layer.h"
#include "engine/model/models.h"
#include "engine/model/weights.h"

namespace thaw::model {

class Network {
 public:
  // Random weights from `seed`. Throws what make_graph() throws.
  Network(const Architecture& architecture, InputShape input, const std::vector<HeadLayer>& head,
          uint64_t seed, Initializer initializer = Initializer::kKeras);

  const Architecture& architecture() const { return architecture_; }
  const Graph& graph() const { return graph_; }
  const Weights& weights() const { return weights_; }
  const std::vector<HeadLayer>& head() const { return head_; }
  int64_t outputs() const;              // length of the head's output; 0 without a head
  Activation final_activation() const;  // of the last layer; kLinear unless that is a dense layer

  const std::vector<Layer>& layers() const { return layers_; }
  void set_trainable(size_t layer, bool trainable);
  bool trainable(int node) const { return trainable_.at(static_cast<size_t>(node)); }

  // The node with which the frozen part ends (0: the images, where nothing is frozen): the last one
  // up to which nothing is trained, nothing is random, and nothing has weights of the head.
  int boundary() const;
  // The same were the whole backbone frozen.
  int backbone_boundary() const;

  // Replaces the head; its layers start trainable.
  void replace_head(const std::vector<HeadLayer>& head, uint64_t seed,
                    Initializer initializer = Initializer::kKeras);

  struct Named {
    std::string name;
    at::Tensor* tensor;
    bool buffer;     // running statistics: saved, never trained
    bool trainable;  // its layer's
    bool head;
  };
  // Every tensor with its name, in torchvision's order.
  std::vector<Named> named_tensors();

  // Copies on the CPU, in torchvision's order: of all tensors, which is what a file holds, or of
  // those of these names.
  StateDict state(const std::optional<std::set<std::string>>& names = {}) const;

  // Takes every tensor from `source`, converted to float32. Counters of seen batches may be
  // missing. With `backbone_only`, the head keeps its values and the file's head is ignored. Throws
  // ERR_WEIGHTS_MISMATCH that names every missing, unexpected and mis-shaped tensor; the network is
  // then unchanged. `origin` is what messages call the source.
  void load(const StateDict& source, const std::string& origin, bool backbone_only = false);

  // Takes the values of these tensors, all or none: throws ERR_WEIGHTS_MISMATCH where one is not
  // there or has another shape.
  void set_state(const StateDict& values);

  void to(at::Device device);
  at::Device device() const { return weights_.entries().front().tensor.device(); }

  // Grows with every change of a tensor: what was derived from the tensors (folded copies) is stale
  // then.
  uint64_t version() const { return version_; }
  void touch() { ++version_; }

 private:
  int boundary_before(int limit) const;

  Architecture architecture_;
  InputShape input_;
  std::vector<HeadLayer> head_;
  Graph graph_;
  Weights weights_;
  std::vector<bool> trainable_;  // by node
  std::vector<Layer> layers_;
  uint64_t version_ = 0;
};

}  // namespace thaw::model
