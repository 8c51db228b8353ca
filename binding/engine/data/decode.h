// One encoded image -> upright 8-bit sRGB pixels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/data/decode_options.h"
#include "engine/torch.h"

namespace thaw::data {

// Returns uint8 [H, W, 3], contiguous; the format is told by content. As Pillow's exif_transpose
// and convert('RGB'): greyscale is repeated, alpha is dropped, 16 bits are cut to 8, profiles are
// ignored, CMYK goes to RGB by arithmetic, orientation in EXIF or XMP data is applied; of an
// animation, the first frame. `name` is for messages. Throws ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE.
at::Tensor decode_image(std::span<const uint8_t> bytes, const std::string& name,
                        const DecodeOptions& options);

// Which libraries decode: "libjpeg-turbo 2.1.5", "libvips 8.17.1"; empty strings where absent.
struct ImageLibraries {
  std::string libjpeg;
  std::string libvips;
};
ImageLibraries image_libraries();

// What this build reads: "JPEG", "PNG" ...
std::vector<std::string> image_formats();

}  // namespace thaw::data
