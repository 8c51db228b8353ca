#include "engine/data/decode.h"

#include "engine/data/decoders.h"
#include "engine/error.h"

namespace thaw::data {

void check_pixels(int64_t height, int64_t width, const std::string& name,
                  const DecodeOptions& options) {
  // Both factors fit in 32 bits in every format, so that the product cannot overflow.
  if (height * width <= options.max_pixels) return;
  fail("ERR_IMAGE_TOO_LARGE", name, " claims ", width, " x ", height, " pixels, more than the ",
       options.max_pixels, " that are allowed.");
}

Pixels decode_pixels(std::span<const uint8_t> bytes, const std::string& name,
                     const DecodeOptions& options) {
  if (bytes.empty()) fail("ERR_IMAGE_DECODE", "Cannot decode ", name, ": the file is empty.");
  const ImageFormat format = image_format(bytes);
  switch (format) {
    case ImageFormat::kUnknown:
      fail("ERR_IMAGE_DECODE", "Cannot decode ", name,
           ": its first bytes are not those of a JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP image.");
    case ImageFormat::kBmp:
      return decode_bmp(bytes, name, options);
    case ImageFormat::kJpeg:
      if (std::optional<Pixels> pixels = decode_jpeg(bytes, name, options))
        return std::move(*pixels);
      [[fallthrough]];
    default:
      return decode_vips(bytes, format, name, options);
  }
}

at::Tensor decode_image(std::span<const uint8_t> bytes, const std::string& name,
                        const DecodeOptions& options) {
  Pixels pixels = decode_pixels(bytes, name, options);
  auto free = pixels.data.get_deleter();
  return at::from_blob(pixels.data.release(), {pixels.height, pixels.width, 3}, free, at::kByte);
}

ImageLibraries image_libraries() { return {libjpeg_version(), libvips_version()}; }

}  // namespace thaw::data
