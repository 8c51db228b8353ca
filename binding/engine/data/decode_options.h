// What a caller asks of decoding; apart from decode.h so that the decoders need no torch header.
#pragma once

#include <cstdint>
#include <functional>

namespace thaw::data {

struct DecodeOptions {
  // Images that claim more pixels than this are refused by their header (ERR_IMAGE_TOO_LARGE).
  int64_t max_pixels = 100'000'000;
  // The shorter side that the caller will resize to, or 0: JPEG files may be decoded at a reduced
  // DCT scale where that leaves at least twice this length.
  int64_t shorter_side = 0;
  // The same as a function of the upright size, for callers that will crop before they resize.
  // Null: `shorter_side` holds.
  std::function<int64_t(int64_t height, int64_t width)> shorter_side_for;
};

// 1, 2, 4 or 8: how much smaller an image of this upright size may be decoded.
inline int decode_reduction(const DecodeOptions& options, int64_t height, int64_t width) {
  const int64_t wanted =
      options.shorter_side_for ? options.shorter_side_for(height, width) : options.shorter_side;
  if (wanted <= 0) return 1;
  const int64_t shorter = height < width ? height : width;
  for (int reduction : {8, 4, 2}) {
    if (shorter / reduction >= 2 * wanted) return reduction;
  }
  return 1;
}

}  // namespace thaw::data
