// Antialiased bilinear resizing of 8-bit images, bit for bit as Pillow's resize(BILINEAR).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/pixels.h"
#include "engine/data/taps.h"

namespace thaw::data {

// Takes an image row by row as it is stored; the result is upright. Only what the result depends on
// is looked at, and of the image only a few rows are held.
class Resampler {
 public:
  // Resizes the `part` of the upright image to `scaled`, and keeps the `crop` of that. `stored` is
  // the size of the whole image as its rows come, `orientation` what turns them upright (Turn).
  Resampler(Size stored, int orientation, const Box& part, Size scaled, const Box& crop);

  // Of the stored image.
  const Box& needed() const { return needed_; }

  // The needed rows, from above, each from the needed part's left; the byte after its last pixel is
  // read as well. Other rows are ignored.
  void row(int64_t y, const uint8_t* rgb);

  // Writes [crop.height, crop.width, 3], once all rows were there.
  void write(uint8_t* out) const;

 private:
  void add_column(int64_t y, const uint8_t* rgb);

  const bool turned_;     // stored rows are upright columns
  const int64_t length_;  // bytes of a row of the result
  Taps across_, down_;    // within the needed part
  Box needed_{};
  // First across, then down, with 8 bits in between: the order and the rounding are Pillow's.
  std::vector<uint8_t> narrow_;
  // For images that are turned: the last rows, and the results that are still to come, in the order
  // in which they will.
  std::vector<uint8_t> window_, column_;
  std::vector<int32_t> sums_;
  int64_t held_ = 0;
  int64_t next_ = 0, step_ = 1;
};

}  // namespace thaw::data
