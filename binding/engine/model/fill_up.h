// Batches that are not full, filled up: with a batch's size a device may change its kernels, and so
// an image's features in their last bits.
#pragma once

#include "engine/torch.h"

namespace thaw::model {

// `images` and black ones after them, `count` in all, in channels-last memory.
inline at::Tensor filled_up(const at::Tensor& images, int64_t count) {
  const at::Tensor full = at::empty({count, images.size(1), images.size(2), images.size(3)},
                                    images.options(), at::MemoryFormat::ChannelsLast)
                              .zero_();
  full.narrow(0, 0, images.size(0)).copy_(images);
  return full;
}

}  // namespace thaw::model
