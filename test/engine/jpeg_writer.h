// Writes JPEG files of every kind that libjpeg knows; apart from the tests, whose headers of
// libvips bring a jpeglib.h of their own.
#pragma once

#include <cstdint>
#include <vector>

namespace drawn {

struct JpegKind {
  int across = 2, down = 2;  // pixels that share a colour
  bool grey = false;
  bool progressive = false;
  bool arithmetic = false;
  unsigned restart = 0;  // blocks between two markers
};

// `rgb` is [height, width, 3].
std::vector<uint8_t> jpeg(const uint8_t* rgb, int64_t height, int64_t width, const JpegKind& kind);

}  // namespace drawn
