// EXIF data as cameras write them, and their place in a JPEG file.
#pragma once

#include <cstdint>
#include <vector>

namespace drawn {

// An APP1 segment, little- or big-endian, with another entry before the orientation.
inline std::vector<uint8_t> exif(int orientation, bool big_endian) {
  const std::vector<uint8_t> little = {'I',  'I', 42, 0, 8, 0, 0, 0, 2,
                                       0,  //
                                       0x0f, 1,   2,  0, 1, 0, 0, 0, 0,
                                       0,    0,   0,                                        //
                                       0x12, 1,   3,  0, 1, 0, 0, 0, uint8_t(orientation),  //
                                       0,    0,   0,  0, 0, 0, 0};
  const std::vector<uint8_t> big = {'M', 'M',  0, 42, 0, 0, 0, 8, 0, 2,  //
                                    1,   0x0f, 0, 2,  0, 0, 0, 1, 0, 0,
                                    0,   0,                                                 //
                                    1,   0x12, 0, 3,  0, 0, 0, 1, 0, uint8_t(orientation),  //
                                    0,   0,    0, 0,  0, 0};
  std::vector<uint8_t> segment = {'E', 'x', 'i', 'f', 0, 0};
  segment.reserve(64);
  const std::vector<uint8_t>& tiff = big_endian ? big : little;
  segment.insert(segment.end(), tiff.begin(), tiff.end());
  return segment;
}

inline std::vector<uint8_t> with_exif(std::vector<uint8_t> jpeg,
                                      const std::vector<uint8_t>& segment) {
  const auto length = static_cast<uint16_t>(segment.size() + 2);
  std::vector<uint8_t> marker = {0xff, 0xe1, uint8_t(length >> 8), uint8_t(length)};
  marker.insert(marker.end(), segment.begin(), segment.end());
  jpeg.insert(jpeg.begin() + 2, marker.begin(), marker.end());
  return jpeg;
}

}  // namespace drawn
