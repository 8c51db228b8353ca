// One encoded image -> upright 8-bit sRGB pixels.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/torch.h"

namespace thaw::data {

struct DecodeOptions {
  // Images that claim more pixels than this are refused by their header (ERR_IMAGE_TOO_LARGE).
  int64_t max_pixels = 100'000'000;
  // The shorter side that the caller will resize to, or 0: JPEG files may be decoded at a reduced DCT scale
  // where that leaves at least twice this length.
  int64_t shorter_side = 0;
};

// Returns uint8 [H, W, 3], contiguous. Greyscale is repeated, alpha is dropped (as Pillow's convert('RGB')),
// 16 bits are scaled to 8, CMYK and profiles go to sRGB, EXIF orientation is applied; of an animation, the
// first frame. `name` is for messages. Throws ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE.
at::Tensor decode_image(std::span<const uint8_t> bytes, const std::string& name, const DecodeOptions& options);

// Which libraries decode: "libjpeg-turbo 2.1.5", "libvips 8.17.1"; empty strings where absent.
struct ImageLibraries {
  std::string libjpeg;
  std::string libvips;
};
ImageLibraries image_libraries();

}  // namespace thaw::data
