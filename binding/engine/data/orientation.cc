#include "engine/data/orientation.h"

#include <cstring>
#include <optional>

namespace thaw::data {

namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint32_t kByte = 1, kShort = 3, kLong = 4;  // types of numbers

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

std::optional<int> exif_orientation(std::span<const uint8_t> exif) {
  if (exif.size() >= 6 && !std::memcmp(exif.data(), "Exif\0\0", 6)) exif = exif.subspan(6);
  const Tiff tiff(exif);
  if (!tiff.sound()) return {};
  const std::optional<uint32_t> directory = tiff.number(4, 4);
  const std::optional<uint32_t> entries = tiff.number(*directory, 2);
  // At most 65535 entries of 12 bytes; the first one beyond the end stops it.
  for (uint32_t i = 0; entries && i < *entries; ++i) {
    const size_t entry = size_t{*directory} + 2 + 12 * size_t{i};
    const std::optional<uint32_t> tag = tiff.number(entry, 2);
    if (!tag) return {};
    if (*tag != kOrientationTag) continue;
    const std::optional<uint32_t> type = tiff.number(entry + 2, 2);
    const std::optional<uint32_t> value = tiff.number(entry + 8, type == kByte    ? 1
                                                                 : type == kShort ? 2
                                                                                  : 4);
    const bool sound = (type == kByte || type == kShort || type == kLong) &&
                       tiff.number(entry + 4, 4) == 1 && value && *value >= 1 && *value <= 8;
    return sound ? static_cast<int>(*value) : 1;
  }
  return {};
}

std::optional<int> xmp_orientation(std::string_view xmp) {
  using namespace std::string_view_literals;
  // As an attribute, or as an element.
  constexpr auto kName = "tiff:Orientation"sv;
  for (size_t at = xmp.find(kName); at != xmp.npos; at = xmp.find(kName, at)) {
    at += kName.size();
    std::string_view rest = xmp.substr(at);
    if (rest.starts_with("=\""sv)) {
      rest.remove_prefix(2);
    } else if (rest.starts_with('>')) {
      rest.remove_prefix(1);
    } else {
      continue;
    }
    if (rest.empty() || rest[0] < '0' || rest[0] > '9') continue;
    return rest[0] >= '1' && rest[0] <= '8' ? rest[0] - '0' : 1;
  }
  return {};
}

}  // namespace thaw::data
