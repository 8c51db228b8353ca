#include "engine/data/png_notes.h"

namespace thaw::data {

PngNotes png_notes(std::span<const uint8_t> bytes) {
  using namespace std::string_view_literals;
  // The keyword, then: not compressed, by no method, in no language, under no translated keyword.
  constexpr auto kXmp = "XML:com.adobe.xmp\0\0\0\0\0"sv;
  constexpr size_t kFrame = 12;  // length, type and checksum of a chunk
  PngNotes notes;
  for (size_t at = 8; at + kFrame <= bytes.size();) {
    const uint8_t* head = bytes.data() + at;
    const size_t length = size_t{head[0]} << 24 | head[1] << 16 | head[2] << 8 | head[3];
    if (length > bytes.size() - at - kFrame) break;
    const std::string_view type(reinterpret_cast<const char*>(head + 4), 4);
    const std::string_view text(reinterpret_cast<const char*>(head + 8), length);
    if (type == "eXIf"sv) notes.exif = bytes.subspan(at + 8, length);
    if (type == "iTXt"sv && text.starts_with(kXmp)) notes.xmp = text.substr(kXmp.size());
    at += kFrame + length;
  }
  return notes;
}

}  // namespace thaw::data
