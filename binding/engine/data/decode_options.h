// What a caller asks of decoding.
#pragma once

#include <cstdint>

namespace thaw::data {

struct DecodeOptions {
  // Images that claim more pixels than this are refused by their header (ERR_IMAGE_TOO_LARGE).
  // Pillow's limit (DecompressionBombError).
  int64_t max_pixels = 178'956'970;

  // No image needs more: eight bytes a pixel (four channels of 16 bits, not compressed), and room
  // for what cameras and editors add. Larger files are refused unread (ERR_IMAGE_TOO_LARGE).
  uint64_t max_file_bytes() const {
    constexpr uint64_t kBytesPerPixel = 8, kNotes = 64 << 20;
    return static_cast<uint64_t>(max_pixels) * kBytesPerPixel + kNotes;
  }
};

}  // namespace thaw::data
