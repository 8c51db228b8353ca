#include "engine/data/decode.h"

#include "engine/data/decoders.h"
#include "engine/error.h"

namespace thaw::data {

void refuse_image(const Encoded& image, const std::string& reason) {
  fail("ERR_IMAGE_DECODE", "Cannot decode ", image.name, ": ", reason, ".");
}

void refuse_format(const Encoded& image, ImageFormat format) {
  refuse_image(image, std::string(format == ImageFormat::kAvif ? "this is an " : "this is a ") +
                          format_name(format) + " image, which " +
                          (libvips_version().empty() ? "takes libvips, and this build has none"
                                                     : "this build of libvips cannot read"));
}

static std::string known_formats() {
  std::string list;
  for (const std::string& format : image_formats()) list += (list.empty() ? "" : ", ") + format;
  return list;
}

void check_pixels(int64_t height, int64_t width, const Encoded& image) {
  // Both factors fit in 32 bits in every format, so that the product cannot overflow.
  if (height * width <= image.options.max_pixels) return;
  fail("ERR_IMAGE_TOO_LARGE", image.name, " claims ", width, " x ", height,
       " pixels, more than the ", image.options.max_pixels, " that `maxPixels` allows.");
}

ImageFormat known_format(const Encoded& image) {
  if (image.bytes.empty()) refuse_image(image, "the file is empty");
  const ImageFormat format = image_format(image.bytes);
  if (format == ImageFormat::kUnknown)
    refuse_image(image, "its first bytes are not those of an image (" + known_formats() + ")");
  return format;
}

void decode_rows(const Encoded& image, RowSink& sink) {
  const ImageFormat format = known_format(image);
  switch (format) {
    case ImageFormat::kBmp:
      return decode_bmp(image, sink);
    case ImageFormat::kGif:
      return decode_gif(image, sink);
    case ImageFormat::kNetpbm:
      return decode_netpbm(image, sink);
    case ImageFormat::kJpeg:
      if (decode_jpeg(image, sink)) return;
      [[fallthrough]];
    default:
      if (!vips_reads(format)) refuse_format(image, format);
      decode_vips(image, format, sink);
  }
}

at::Tensor decode_image(std::span<const uint8_t> bytes, const std::string& name,
                        const DecodeOptions& options) {
  WholeImage whole;
  decode_rows({bytes, name, options}, whole);
  Pixels& pixels = whole.pixels;
  auto free = pixels.data.get_deleter();
  return at::from_blob(pixels.data.release(), {pixels.height, pixels.width, 3}, free, at::kByte);
}

ImageLibraries image_libraries() { return {libjpeg_version(), libvips_version()}; }

std::vector<std::string> image_formats() {
  std::vector<std::string> formats;
  for (const ImageFormat format : kImageFormats) {
    const bool built_in = format == ImageFormat::kBmp || format == ImageFormat::kGif ||
                          format == ImageFormat::kNetpbm ||
                          (format == ImageFormat::kJpeg && !libjpeg_version().empty());
    if (built_in || vips_reads(format)) formats.push_back(format_name(format));
  }
  return formats;
}

}  // namespace thaw::data
