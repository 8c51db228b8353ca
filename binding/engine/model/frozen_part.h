// The frozen part of a network: everything up to the boundary, a pure function of its input, run as
// inference.
#pragma once

#include <memory>

#include "engine/model/program.h"

namespace thaw::model {

class FrozenPart {
 public:
  // The nodes up to `boundary` (Network::boundary()), copied and prepared: later changes of the
  // network do not show.
  FrozenPart(const Network& network, int boundary, at::ScalarType compute, device::Kernels kernels);

  // Normalised images [N, 3, H, W] (channels-last, compute type) -> the input of the first trained
  // layer, [N, C, h, w] in the same layout and type, or [N, C]. Never records gradients.
  //
  // `batch` says how many images a batch of the run usually has: then an image's features do not
  // depend on the batch that it comes in, full or not. With 0 they may, in their last bits.
  at::Tensor forward(const at::Tensor& images, int64_t batch = 0) const;

 private:
  at::Device device_;
  std::unique_ptr<const Program> program_;
};

}  // namespace thaw::model
