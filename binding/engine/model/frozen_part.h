// The frozen part of a network: everything below the first trained unit, a pure function of its
// input. How it is run is the implementation's affair; callers see features at the boundary.
#pragma once

#include <memory>

#include "engine/model/network.h"
#include "engine/torch.h"

namespace thaw::model {

class FrozenPart {
 public:
  virtual ~FrozenPart() = default;

  // Normalised images [N, 3, H, W] (channels-last, compute type) -> the input of the first trained
  // unit, in the same layout and type. Never records gradients.
  virtual at::Tensor forward(const at::Tensor& images) const = 0;
};

// Units 0 .. units-1 of `network`, copied and prepared for inference: later changes of the network
// do not show. `units` may reach up to the head, not into it.
std::unique_ptr<FrozenPart> make_frozen_part(const Network& network, int units,
                                             at::ScalarType compute);

}  // namespace thaw::model
