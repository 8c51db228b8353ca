// What a network is shown of an image: which part, at what size, mirrored or not, in which colours.
#pragma once

#include <optional>

#include "engine/data/augment.h"
#include "engine/data/geometry.h"
#include "engine/data/jitter.h"
#include "engine/data/pixels.h"

namespace thaw::data {

// The part of the upright image is scaled, the crop of that is kept, then mirrored, then changed in
// its colours.
struct View {
  Box part;
  Size scaled;
  Box crop;
  bool mirrored = false;
  std::optional<Jitter> jitter;
};

// The view that `key` draws of an image of this upright size.
View draw_view(Size image, const Preprocessing& preprocessing, Augmentation augmentation,
               const DrawKey& key);

// How long the shorter side of the whole image has to be for the view to lose nothing.
int64_t needed_shorter_side(const View& view, Size image);

// The same view of the image decoded at another size.
View at_size(View view, Size image, Size decoded);

// Makes it: writes [crop.height, crop.width, 3] to `out`.
void apply_view(const View& view, const PixelView& image, uint8_t* out);

}  // namespace thaw::data
