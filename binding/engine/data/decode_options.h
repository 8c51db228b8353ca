// What a caller asks of decoding.
#pragma once

#include <cstdint>

namespace thaw::data {

struct DecodeOptions {
  // Images that claim more pixels than this are refused by their header (ERR_IMAGE_TOO_LARGE).
  // Pillow's limit (DecompressionBombError).
  int64_t max_pixels = 178'956'970;
};

}  // namespace thaw::data
