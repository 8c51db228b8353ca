// Which image format a file is in, by its first bytes: names lie.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace thaw::data {

enum class ImageFormat {
  kUnknown,
  kJpeg,
  kPng,
  kWebp,
  kGif,
  kTiff,
  kBmp,
  kNetpbm,
  kAvif,
  kHeic,
  kJxl,
  kJp2,
};

// All that are known.
inline constexpr auto kImageFormats = std::to_array<ImageFormat>(
    {ImageFormat::kJpeg, ImageFormat::kPng, ImageFormat::kWebp, ImageFormat::kGif,
     ImageFormat::kTiff, ImageFormat::kBmp, ImageFormat::kNetpbm, ImageFormat::kAvif,
     ImageFormat::kHeic, ImageFormat::kJxl, ImageFormat::kJp2});

ImageFormat image_format(std::span<const uint8_t> bytes);

const char* format_name(ImageFormat format);

}  // namespace thaw::data
