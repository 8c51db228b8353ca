// CMYK as Pillow's convert('RGB') takes it: by arithmetic, profiles ignored.
#pragma once

#include <cstdint>

namespace thaw::data {

// `pixels` of the inverse of cyan, magenta, yellow and black become pixels of red, green and blue,
// from the same place on.
inline void inverted_cmyk_to_rgb(uint8_t* row, int64_t pixels) {
  const uint8_t* from = row;
  for (int64_t i = 0; i < pixels; ++i, from += 4) {
    const int white = from[3];
    for (int c = 0; c < 3; ++c) {
      // white * (255 - ink) / 255, rounded as Pillow rounds.
      const int product = (255 - from[c]) * white + 128;
      *row++ = static_cast<uint8_t>(white - (((product >> 8) + product) >> 8));
    }
  }
}

}  // namespace thaw::data
