// What is trained: the units from the frozen boundary on, and always the head. Runs under autograd.
#pragma once

#include <memory>
#include <optional>

#include "engine/model/network.h"
#include "engine/torch.h"

namespace thaw::model {

class TrainedPart {
 public:
  virtual ~TrainedPart() = default;

  struct Mode {
    bool training = false;                        // live BatchNorm and dropout
    std::optional<at::Generator> generator = {};  // of dropout, where training
  };

  // The frozen part's output -> logits [N, classes] float32 (before a final softmax or sigmoid), or
  // the feature map of a network without a head.
  virtual at::Tensor forward(const at::Tensor& features, const Mode& mode) const = 0;
};

// Units `first_unit` .. head, over the network's own tensors: optimizer steps show at once. What is
// frozen among them is prepared when this is called.
std::unique_ptr<TrainedPart> make_trained_part(const Network& network, int first_unit,
                                               at::ScalarType compute);

}  // namespace thaw::model
