// Which way up an image is: as EXIF or XMP data say it, and what turns it upright.
#pragma once

#include <cstdint>
#include <span>

#include <optional>
#include <string_view>

#include "engine/data/pixels.h"

namespace thaw::data {

// The orientation in EXIF data, with or without the bytes "Exif\0\0" before it; nothing where it
// does not say one. What is no orientation (0, 9) is 1: it has been said.
std::optional<int> exif_orientation(std::span<const uint8_t> exif);

// The first tiff:Orientation in a packet of XMP.
std::optional<int> xmp_orientation(std::string_view xmp);

// What turns stored pixels upright: rows and columns are reversed, then exchanged. Orientations as
// in EXIF 2.3: 1 upright, 2 mirrored, 3 turned by 180 degrees, 4 upside down mirrored, 5
// transposed, 6 to be turned clockwise, 7 transversed, 8 to be turned anticlockwise.
struct Turn {
  explicit Turn(int orientation)
      : flips_rows(orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7),
        flips_columns(orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8),
        swaps_sides(orientation >= 5 && orientation <= 8) {}

  Size upright(Size stored) const {
    return swaps_sides ? Size{stored.width, stored.height} : stored;
  }

  bool flips_rows, flips_columns, swaps_sides;
};

}  // namespace thaw::data
