#include "engine/data/orientation.h"

#include <cstring>
#include <optional>

namespace thaw::data {

namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kShort = 3;

// Reads numbers of a TIFF structure; everything is checked against its end, since offsets are the
// file's.
class Tiff {
 public:
  explicit Tiff(std::span<const uint8_t> bytes) : bytes_(bytes) {
    if (bytes.size() < 8) return;
    if (!std::memcmp(bytes.data(), "II*\0", 4)) sound_ = true;
    if (!std::memcmp(bytes.data(), "MM\0*", 4)) sound_ = big_endian_ = true;
  }

  bool sound() const { return sound_; }

  std::optional<uint32_t> number(size_t offset, int width) const {
    if (offset > bytes_.size() || bytes_.size() - offset < static_cast<size_t>(width)) return {};
    uint32_t value = 0;
    for (int i = 0; i < width; ++i) {
      value |= uint32_t{bytes_[offset + i]} << 8 * (big_endian_ ? width - 1 - i : i);
    }
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
  bool sound_ = false;
  bool big_endian_ = false;
};

}  // namespace

int exif_orientation(std::span<const uint8_t> segment) {
  if (segment.size() < 6 || std::memcmp(segment.data(), "Exif\0\0", 6)) return 1;
  const Tiff tiff(segment.subspan(6));
  if (!tiff.sound()) return 1;
  const std::optional<uint32_t> directory = tiff.number(4, 4);
  const std::optional<uint32_t> entries = tiff.number(*directory, 2);
  // At most 65535 entries of 12 bytes; the first one beyond the end stops it.
  for (uint32_t i = 0; entries && i < *entries; ++i) {
    const size_t entry = size_t{*directory} + 2 + 12 * size_t{i};
    const std::optional<uint32_t> tag = tiff.number(entry, 2);
    if (!tag) return 1;
    if (*tag != kOrientationTag) continue;
    const std::optional<uint32_t> value = tiff.number(entry + 8, 2);
    const bool sane = tiff.number(entry + 2, 2) == kShort && value && *value >= 1 && *value <= 8;
    return sane ? static_cast<int>(*value) : 1;
  }
  return 1;
}

Pixels upright(Pixels pixels, int orientation) {
  if (orientation <= 1 || orientation > 8) return pixels;
  const int64_t height = pixels.height;
  const int64_t width = pixels.width;
  const Turn turn(orientation);
  Pixels turned =
      turn.swaps_sides ? allocate_pixels(width, height) : allocate_pixels(height, width);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* from = pixels.data.get() + y * width * 3;
    const int64_t row = turn.flips_rows ? height - 1 - y : y;
    for (int64_t x = 0; x < width; ++x, from += 3) {
      const int64_t column = turn.flips_columns ? width - 1 - x : x;
      const int64_t target = turn.swaps_sides ? column * height + row : row * width + column;
      std::memcpy(turned.data.get() + target * 3, from, 3);
    }
  }
  return turned;
}

}  // namespace thaw::data
