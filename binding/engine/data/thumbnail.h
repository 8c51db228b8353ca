// Small pictures of images, for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thaw::data {

// The middle square of the image as the network sees it, `side` pixels wide, as a JPEG file.
// Throws ERR_IMAGE_READ, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_IMAGE_WRITE.
std::vector<uint8_t> thumbnail(const std::string& path, int64_t side);

}  // namespace thaw::data
