// Writes images: those that the program draws itself, and small ones of others for a page.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace thaw::data {

// `rgb` is [height, width, 3]; the suffix of `path` says the format (.png, .jpg, .webp, .tif ...).
// Throws ERR_DISK_FULL, ERR_IO; ERR_IMAGE_WRITE where it cannot be encoded, and always does so
// where libvips is not compiled in.
void write_image(const std::string& path, std::span<const uint8_t> rgb, int64_t height,
                 int64_t width);

// The same image as the bytes of a JPEG file. Throws as write_image().
std::vector<uint8_t> encode_jpeg(std::span<const uint8_t> rgb, int64_t height, int64_t width);

}  // namespace thaw::data
