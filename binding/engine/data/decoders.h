// The decoders behind decode_image. Each is compiled with its own library's headers only, reads one
// format by its bytes, and hands the image over row by row.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/data/decode_options.h"
#include "engine/data/format.h"
#include "engine/data/rows.h"

namespace thaw::data {

struct Encoded {
  std::span<const uint8_t> bytes;
  const std::string& name;  // for messages
  const DecodeOptions& options;
};

// By the first bytes. Throws ERR_IMAGE_DECODE where they are no image's.
ImageFormat known_format(const Encoded& image);

// Chooses among them by content. Throws ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE.
void decode_rows(const Encoded& image, RowSink& sink);

// libjpeg-turbo: 8-bit greyscale, YCbCr, RGB, CMYK and YCCK. False, and nothing has happened:
// another kind of JPEG (12 bits, lossless ...), or libjpeg-turbo is not compiled in.
bool decode_jpeg(const Encoded& image, RowSink& sink);
std::string libjpeg_version();  // empty: not compiled in

// libvips: JPEG, PNG, WebP, TIFF and HEIF, as far as it was built with them.
void decode_vips(const Encoded& image, ImageFormat format, RowSink& sink);
bool vips_reads(ImageFormat format);
std::string libvips_version();  // empty: not compiled in
// libvips keeps memory for each thread that used it: to be called before such a thread ends.
void end_vips_thread();

// What libvips' npm packages do not read, or not as other libraries do.
void decode_bmp(const Encoded& image, RowSink& sink);
void decode_gif(const Encoded& image, RowSink& sink);
void decode_netpbm(const Encoded& image, RowSink& sink);

[[noreturn]] void refuse_image(const Encoded& image, const std::string& reason);

// In a format that is known, and that the libraries at hand do not read.
[[noreturn]] void refuse_format(const Encoded& image, ImageFormat format);

// Throws ERR_IMAGE_TOO_LARGE if the claimed size is above options.max_pixels.
void check_pixels(int64_t height, int64_t width, const Encoded& image);

}  // namespace thaw::data
