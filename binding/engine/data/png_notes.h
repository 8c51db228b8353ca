// What a PNG says beside its pixels, before or after them; libvips gives what stands before.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace thaw::data {

// Parts of `bytes`; empty where there is none.
struct PngNotes {
  std::span<const uint8_t> exif;  // of the chunk eXIf
  std::string_view xmp;           // where it is not compressed
};

PngNotes png_notes(std::span<const uint8_t> bytes);

}  // namespace thaw::data
