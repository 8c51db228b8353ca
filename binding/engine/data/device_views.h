// Views of decoded images, made on a device by libtorch's operators, a batch at a time.
#pragma once

#include <vector>

#include "engine/data/view.h"
#include "engine/torch.h"

namespace thaw::data {

// `images`: uint8 [H, W, 3] on one device, upright, one for each view. Returns uint8
// [n, height, width, 3] there, every pixel as augment_into makes it: all sums are of whole numbers
// that float32 holds exactly (for images up to 16 times the view's size).
at::Tensor make_views(const std::vector<at::Tensor>& images, const std::vector<View>& views);

}  // namespace thaw::data
