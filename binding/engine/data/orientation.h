// EXIF orientation: finding the tag, and turning the pixels upright.
#pragma once

#include <cstdint>
#include <span>

#include "engine/data/pixels.h"

namespace thaw::data {

// The orientation (1..8) in the payload of an APP1 segment; 1 where there is none, or none that is
// sound.
int exif_orientation(std::span<const uint8_t> segment);

// What turns stored pixels upright: rows and columns are reversed, then exchanged. Orientations as
// in EXIF 2.3: 1 upright, 2 mirrored, 3 turned by 180 degrees, 4 upside down mirrored, 5
// transposed, 6 to be turned clockwise, 7 transversed, 8 to be turned anticlockwise.
struct Turn {
  explicit Turn(int orientation)
      : flips_rows(orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7),
        flips_columns(orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8),
        swaps_sides(orientation >= 5 && orientation <= 8) {}

  bool flips_rows, flips_columns, swaps_sides;
};

Pixels upright(Pixels pixels, int orientation);

}  // namespace thaw::data
