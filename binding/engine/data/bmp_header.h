// What the header of a Windows or OS/2 bitmap says.
#pragma once

#include <array>
#include <cstdint>

#include "engine/data/decoders.h"
#include "engine/data/little_endian.h"

namespace thaw::data {

struct BmpHeader {
  size_t pixels;  // offset
  Size size;
  bool top_down;
  int bits;                           // a pixel: 1, 4, 8, 16, 24 or 32
  bool run_lengths;                   // of 4 or 8 bits a pixel
  std::array<uint32_t, 3> masks;      // of red, green and blue; of 16 bits and more
  std::array<uint32_t, 256> colours;  // 0x00RRGGBB, of 8 bits and less; black beyond their end
};

// Throws ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE.
BmpHeader read_bmp_header(const LittleEndian& file, const Encoded& image);

}  // namespace thaw::data
