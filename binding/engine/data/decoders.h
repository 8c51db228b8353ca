// The decoders behind decode_image. Each is compiled with its own library's headers only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/data/decode_options.h"
#include "engine/data/format.h"
#include "engine/data/pixels.h"

namespace thaw::data {

// libjpeg-turbo: 8-bit greyscale, YCbCr and RGB. Nothing: another kind of JPEG (CMYK, YCCK, 12
// bits, lossless ...), or libjpeg-turbo is not compiled in.
std::optional<Pixels> decode_jpeg(std::span<const uint8_t> bytes, const std::string& name,
                                  const DecodeOptions& options);
std::string libjpeg_version();  // empty: not compiled in

// libvips: every format but BMP. Throws ERR_IMAGE_DECODE where libvips is not compiled in.
Pixels decode_vips(std::span<const uint8_t> bytes, ImageFormat format, const std::string& name,
                   const DecodeOptions& options);
std::string libvips_version();  // empty: not compiled in
// libvips keeps memory for each thread that used it: to be called before such a thread ends.
void end_vips_thread();

// Windows bitmaps without compression, which libvips' npm packages do not read.
Pixels decode_bmp(std::span<const uint8_t> bytes, const std::string& name,
                  const DecodeOptions& options);

// Throws ERR_IMAGE_TOO_LARGE if the claimed size is above options.max_pixels.
void check_pixels(int64_t height, int64_t width, const std::string& name,
                  const DecodeOptions& options);

// Chooses among them by content: what decode_image does, without tensors.
Pixels decode_pixels(std::span<const uint8_t> bytes, const std::string& name,
                     const DecodeOptions& options);

}  // namespace thaw::data
