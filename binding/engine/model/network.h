// A residual network with a head: its tensors, its layer table, what of it is trained.
//
// It is cut into units, in the order of computation: the stem, each residual block, the head.
// Freezing is a matter of layers; where the frozen part ends and training begins is a matter of
// units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/architecture.h"
#include "engine/model/head.h"
#include "engine/model/layer.h"
#include "engine/model/modules.h"
#include "engine/state_dict.h"

namespace thaw::model {

struct InputShape {
  int64_t height = 224;
  int64_t width = 224;
};

// How dense layers are drawn: Glorot uniform and zero biases (Glorot and Bengio 2010), or weights
// and biases uniform within 1 / sqrt(in), as torch.nn.Linear.
enum class Initializer { kKeras, kPytorch };

// A head layer with the tensors that it needs.
struct HeadModule {
  HeadLayer layer;
  std::optional<Dense> dense;
  std::optional<BatchNorm> norm;
};

class Network {
 public:
  // Random weights from `seed`: those of convolutions as torchvision (He normal, fan out) or Keras
  // draws them, by the variant; those of dense layers by `initializer`. An empty `head` ends at
  // layer4's feature map. Throws ERR_INVALID_ARGUMENT for an input under 32 pixels or a head that
  // does not fit together.
  Network(const Architecture& architecture, InputShape input, const std::vector<HeadLayer>& head,
          uint64_t seed, Initializer initializer = Initializer::kKeras);
  Network(const Network&) = delete;  // the layer table points into the modules
  Network& operator=(const Network&) = delete;

  const Architecture& architecture() const { return architecture_; }
  InputShape input() const { return input_; }

  const ConvolutionNorm& stem() const { return stem_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  const std::vector<HeadModule>& head() const { return head_; }
  int head_unit() const { return static_cast<int>(blocks_.size()) + 1; }
  int64_t outputs() const;              // length of the head's output; 0 without a head
  Activation final_activation() const;  // of the last layer; kLinear unless that is a dense layer

  const std::vector<Layer>& layers() const { return layers_; }
  void set_trainable(size_t layer, bool trainable);
  // The first unit with a layer that is trained; one past the head where nothing is.
  int first_trained_unit() const;

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

  // Copies on the CPU, in torchvision's order; what a file holds.
  StateDict state() const;

  // Takes every tensor from `source`, converted to float32. Counters of seen batches may be
  // missing. With `backbone_only`, the head keeps its values and the file's head is ignored. Throws
  // ERR_WEIGHTS_MISMATCH that names every missing, unexpected and mis-shaped tensor; the network is
  // then unchanged. `origin` is what messages call the source.
  void load(const StateDict& source, const std::string& origin, bool backbone_only = false);

  void to(at::Device device);
  at::Device device() const { return stem_.convolution.weight.device(); }

  // Grows with every change of a tensor: what was derived from the tensors (folded copies) is stale
  // then.
  uint64_t version() const { return version_; }
  void touch() { ++version_; }

 private:
  void build_head(const std::vector<HeadLayer>& head, uint64_t seed, Initializer initializer);

  Architecture architecture_;
  InputShape input_;
  ConvolutionNorm stem_;
  std::vector<Block> blocks_;
  std::vector<HeadModule> head_;
  std::vector<Layer> layers_;
  std::vector<bool*>
      module_flags_;  // each layer's module's `trainable`; null for layers without tensors
  uint64_t version_ = 0;
};

}  // namespace thaw::model
