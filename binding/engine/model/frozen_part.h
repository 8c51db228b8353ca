// The frozen part of a network: everything below the first trained unit, a pure function of its
// input, run as inference. Where nothing below the head is trained, the head's global average
// pooling belongs to it as well: the features are then a vector an image.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/device/kernels.h"
#include "engine/model/network.h"
#include "engine/torch.h"

namespace thaw::model {

class FrozenPart {
 public:
  virtual ~FrozenPart() = default;

  // Normalised images [N, 3, H, W] (channels-last, compute type) -> the input of the first trained
  // layer, [N, C, h, w] in the same layout and type, or [N, C]. Never records gradients.
  //
  // `batch` says how many images a batch of the run usually has: then an image's features do not
  // depend on the batch that it comes in, full or not. With 0 they may, in their last bits.
  virtual at::Tensor forward(const at::Tensor& images, int64_t batch = 0) const = 0;
};

// Units 0 .. units-1 of `network`, copied and prepared for inference: later changes of the network
// do not show. `units` may reach up to the head, not into it but for its pooling.
std::unique_ptr<FrozenPart> make_frozen_part(const Network& network, int units,
                                             at::ScalarType compute, device::Kernels kernels);

// One image's features after `units` units: [C, h, w], or [C] where they are pooled.
std::vector<int64_t> feature_shape(const Network& network, int units);

// The frozen part of so many units ends with the head's global average pooling.
bool ends_pooled(const Network& network, int units);

// What the last of so many units is called: "layer4.1", "avgpool" where it ends pooled; "" for
// none.
std::string unit_name(const Network& network, int units);

}  // namespace thaw::model
