// Which image format a file is in, by its first bytes: names lie.
#pragma once

#include <cstdint>
#include <span>

namespace thaw::data {

enum class ImageFormat { kUnknown, kJpeg, kPng, kWebp, kGif, kTiff, kHeif, kBmp };

ImageFormat image_format(std::span<const uint8_t> bytes);

const char* format_name(ImageFormat format);

}  // namespace thaw::data
