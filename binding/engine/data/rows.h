// The rows of an image on their way from its decoder to whoever wants them, so that nobody has to
// hold a whole photograph.
#pragma once

#include <cstdint>
#include <string>

#include "engine/data/pixels.h"

namespace thaw::data {

class RowSink {
 public:
  virtual ~RowSink() = default;

  // Asked first, and only by decoders that can: 1, 2, 4 or 8, how much smaller an image of this
  // upright size may be decoded.
  virtual int reduction(Size /*upright*/) { return 1; }

  // Then, once: the size of the rows that will come, and the orientation (Turn) that turns them
  // upright. Returns the part of them that is wanted.
  virtual Box begin(Size stored, int orientation) = 0;

  // Every row of that part, from above; rows outside of it may come as well. `rgb` is the pixel at
  // the part's left; the byte after its last pixel can be read, too.
  virtual void row(int64_t y, const uint8_t* rgb) = 0;

  // What is wrong with an image that is read all the same.
  virtual void damaged(const std::string& /*reason*/) {}
};

// Everything that a decoder does, for an image that is in memory.
void send_rows(const PixelView& image, int orientation, RowSink& sink);

// Puts the rows together, upright.
class WholeImage : public RowSink {
 public:
  Box begin(Size stored, int orientation) override;
  void row(int64_t y, const uint8_t* rgb) override;

  Pixels pixels;

 private:
  Size stored_{};
  int orientation_ = 1;
};

}  // namespace thaw::data
