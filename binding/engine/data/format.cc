#include "engine/data/format.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace thaw::data {

namespace {

using namespace std::string_view_literals;

bool holds(std::span<const uint8_t> bytes, size_t offset, std::string_view text) {
  if (bytes.size() < offset + text.size()) return false;
  const auto* at = reinterpret_cast<const char*>(bytes.data()) + offset;
  return std::string_view(at, text.size()) == text;
}

// AVIF and HEIC are one container: its brands say what is in it, the first where it is specific,
// the compatible ones else.
ImageFormat heif_format(std::span<const uint8_t> bytes) {
  if (!holds(bytes, 4, "ftyp"sv)) return ImageFormat::kUnknown;
  const size_t length = size_t{bytes[0]} << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
  bool general = false;
  for (size_t at = 8; at + 4 <= std::min(std::max(length, size_t{12}), bytes.size()); at += 4) {
    if (at == 12) continue;  // a version
    for (auto brand : {"avif"sv, "avis"sv}) {
      if (holds(bytes, at, brand)) return ImageFormat::kAvif;
    }
    for (auto brand : {"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv}) {
      if (holds(bytes, at, brand)) return ImageFormat::kHeic;
    }
    general |= holds(bytes, at, "mif1"sv) || holds(bytes, at, "msf1"sv);
  }
  return general ? ImageFormat::kHeic : ImageFormat::kUnknown;
}

bool is_netpbm(std::span<const uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
         (bytes[2] == '#' || std::isspace(bytes[2]));
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
  // Each as a bare stream, or in boxes.
  for (auto magic : {"\xff\x0a"sv, "\0\0\0\x0cJXL \r\n\x87\n"sv}) {
    if (holds(bytes, 0, magic)) return ImageFormat::kJxl;
  }
  for (auto magic : {"\xff\x4f\xff\x51"sv, "\0\0\0\x0cjP  \r\n\x87\n"sv}) {
    if (holds(bytes, 0, magic)) return ImageFormat::kJp2;
  }
  return is_netpbm(bytes) ? ImageFormat::kNetpbm : heif_format(bytes);
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
    case ImageFormat::kNetpbm:
      return "PPM";
    case ImageFormat::kAvif:
      return "AVIF";
    case ImageFormat::kHeic:
      return "HEIC";
    case ImageFormat::kJxl:
      return "JPEG XL";
    case ImageFormat::kJp2:
      return "JPEG 2000";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace thaw::data
