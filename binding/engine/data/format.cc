#include "engine/data/format.h"

#include <string_view>

namespace thaw::data {

namespace {

using namespace std::string_view_literals;

bool holds(std::span<const uint8_t> bytes, size_t offset, std::string_view text) {
  if (bytes.size() < offset + text.size()) return false;
  const auto* at = reinterpret_cast<const char*>(bytes.data()) + offset;
  return std::string_view(at, text.size()) == text;
}

bool is_heif(std::span<const uint8_t> bytes) {
  if (!holds(bytes, 4, "ftyp"sv)) return false;
  for (auto brand :
       {"avif"sv, "avis"sv, "heic"sv, "heix"sv, "heim"sv, "heis"sv, "mif1"sv, "msf1"sv}) {
    if (holds(bytes, 8, brand)) return true;
  }
  return false;
}

}  // namespace

ImageFormat image_format(std::span<const uint8_t> bytes) {
  if (holds(bytes, 0, "\xff\xd8\xff"sv)) return ImageFormat::kJpeg;
  if (holds(bytes, 0, "\x89PNG\r\n\x1a\n"sv)) return ImageFormat::kPng;
  if (holds(bytes, 0, "RIFF"sv) && holds(bytes, 8, "WEBP"sv)) return ImageFormat::kWebp;
  if (holds(bytes, 0, "GIF87a"sv) || holds(bytes, 0, "GIF89a"sv)) return ImageFormat::kGif;
  if (holds(bytes, 0, "BM"sv)) return ImageFormat::kBmp;
  // The last two are BigTIFF.
  for (auto magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (holds(bytes, 0, magic)) return ImageFormat::kTiff;
  }
  return is_heif(bytes) ? ImageFormat::kHeif : ImageFormat::kUnknown;
}

const char* format_name(ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kWebp:
      return "WebP";
    case ImageFormat::kGif:
      return "GIF";
    case ImageFormat::kTiff:
      return "TIFF";
    case ImageFormat::kHeif:
      return "HEIF";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace thaw::data
