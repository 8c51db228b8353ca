// Antialiased bilinear resizing of 8-bit images, bit for bit as Pillow's resize(BILINEAR).
#pragma once

#include <cstdint>

#include "engine/data/geometry.h"
#include "engine/data/pixels.h"

namespace thaw::data {

// Resizes `image` to `size` and writes the part `crop` of the result, [crop.height, crop.width, 3],
// to `out`. Only what the crop depends on is read and computed.
void resample(const PixelView& image, Size size, const Box& crop, uint8_t* out);

}  // namespace thaw::data
