// Which part of an image is used, and at what size: torchvision's rules, in whole pixels.
#pragma once

#include <cstdint>

#include "engine/data/pixels.h"
#include "engine/data/random.h"

namespace thaw::data {

// Resize(shorter): the longer side is truncated. Scaled up further where `crop` would not fit.
Size resized(Size image, int64_t shorter, Size crop);

// CenterCrop(crop) of an image at least as large.
Box central(Size image, Size crop);

// RandomResizedCrop's part of the image: area 0.08..1, ratio 3/4..4/3, ten tries, then the largest
// central part of a ratio within bounds.
Box random_part(Size image, Draws& draws);

}  // namespace thaw::data
