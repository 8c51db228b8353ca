#include "engine/data/decoders.h"
#include "engine/error.h"

#ifdef THAW_VIPS

#include <memory>
#include <mutex>
#include <vips/vips8>

#include "engine/data/orientation.h"
#include "engine/data/vips_start.h"

namespace thaw::data {

void start_vips() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (vips_init("thaw") != 0) {
      fail("ERR_IMAGE_LIBRARY", "libvips does not start: ", vips_error_buffer(), ".");
    }
    // The loader's threads are the parallelism, and no image is asked for twice.
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    // Warnings about odd but readable files would go to stderr.
    auto ignore = [](const char*, GLogLevelFlags, const char*, void*) {};
    g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING, ignore, nullptr);
  });
}

namespace {

using vips::VImage;

// Each format's loader is called by name: the detection of vips would try every loader it has on
// every file, scripts and documents (SVG, PDF) included.
VImage load(std::span<const uint8_t> bytes, ImageFormat format, int reduction) {
  vips::VOption* options = VImage::option()
                               ->set("access", VIPS_ACCESS_SEQUENTIAL)
                               ->set("fail_on", VIPS_FAIL_ON_ERROR)
                               // Not a result remembered for other bytes at the same address.
                               ->set("revalidate", true);
  const std::unique_ptr<VipsBlob, void (*)(VipsBlob*)> blob(
      vips_blob_new(nullptr, bytes.data(), bytes.size()),
      [](VipsBlob* blob) { vips_area_unref(VIPS_AREA(blob)); });
  switch (format) {
    case ImageFormat::kPng:
      return VImage::pngload_buffer(blob.get(), options);
    case ImageFormat::kWebp:
      return VImage::webpload_buffer(blob.get(), options);
    case ImageFormat::kGif:
      return VImage::gifload_buffer(blob.get(), options);
    case ImageFormat::kTiff:
      return VImage::tiffload_buffer(blob.get(), options);
    case ImageFormat::kHeif:
      return VImage::heifload_buffer(blob.get(), options);
    default:
      return VImage::jpegload_buffer(blob.get(), options->set("shrink", reduction));
  }
}

// As Pillow's convert('RGB'), profiles of RGB and grey images are left alone; every other colour
// space is converted, CMYK by its embedded profile where it has one.
VImage to_rgb(VImage image) {
  switch (image.interpretation()) {
    case VIPS_INTERPRETATION_CMYK:
      if (image.get_typeof(VIPS_META_ICC_NAME) != 0) {
        image = image.icc_transform(
            "srgb", VImage::option()->set("embedded", true)->set("input_profile", "cmyk"));
      } else {
        image = image.colourspace(VIPS_INTERPRETATION_sRGB);
      }
      break;
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LABQ:
    case VIPS_INTERPRETATION_LCH:
    case VIPS_INTERPRETATION_HSV:
    case VIPS_INTERPRETATION_XYZ:
    case VIPS_INTERPRETATION_scRGB:
      image = image.colourspace(VIPS_INTERPRETATION_sRGB);
      break;
    default:
      break;
  }
  if (image.format() == VIPS_FORMAT_USHORT) {
    image = image.cast(VIPS_FORMAT_UCHAR, VImage::option()->set("shift", true));  // the high byte
  } else if (image.format() != VIPS_FORMAT_UCHAR) {
    image = image.cast(VIPS_FORMAT_UCHAR);
  }
  if (image.bands() == 3) return image;
  if (image.bands() > 3) return image.extract_band(0, VImage::option()->set("n", 3));
  const VImage grey = image.bands() == 1 ? image : image.extract_band(0);
  return VImage::bandjoin({grey, grey, grey});
}

int orientation_of(const VImage& image) {
  if (image.get_typeof(VIPS_META_ORIENTATION) == 0) return 1;
  return image.get_int(VIPS_META_ORIENTATION);
}

// libvips gathers its complaints in one text of several lines; the first is the cause.
std::string first_complaint() {
  const std::unique_ptr<char, void (*)(void*)> all(vips_error_buffer_copy(), g_free);
  std::string text = all.get();
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "libvips gives no reason" : text;
}

Pixels decode(std::span<const uint8_t> bytes, ImageFormat format, const std::string& name,
              const DecodeOptions& options) {
  VImage image = load(bytes, format, 1);
  check_pixels(image.height(), image.width(), name, options);
  const int orientation = orientation_of(image);
  const bool swap = Turn(orientation).swaps_sides;
  if (format == ImageFormat::kJpeg) {
    const int reduction = decode_reduction(options, swap ? image.width() : image.height(),
                                           swap ? image.height() : image.width());
    if (reduction > 1) image = load(bytes, format, reduction);
  }
  image = to_rgb(image);
  Pixels pixels{{nullptr, g_free}, image.height(), image.width()};
  size_t size = 0;
  pixels.data.reset(static_cast<uint8_t*>(image.write_to_memory(&size)));
  if (size != static_cast<size_t>(pixels.height * pixels.width * 3)) {
    fail("ERR_IMAGE_DECODE", "Cannot decode ", name, ": it holds no RGB pixels.");
  }
  return upright(std::move(pixels), orientation);
}

}  // namespace

Pixels decode_vips(std::span<const uint8_t> bytes, ImageFormat format, const std::string& name,
                   const DecodeOptions& options) {
  start_vips();
  try {
    return decode(bytes, format, name, options);
  } catch (const vips::VError&) {
    fail("ERR_IMAGE_DECODE", "Cannot decode ", name, ": ", first_complaint(), ".");
  }
}

std::string libvips_version() { return std::string("libvips ") + vips_version_string(); }

void end_vips_thread() { vips_thread_shutdown(); }

}  // namespace thaw::data

#else

namespace thaw::data {

Pixels decode_vips(std::span<const uint8_t>, ImageFormat format, const std::string& name,
                   const DecodeOptions&) {
  fail("ERR_IMAGE_DECODE", "Cannot decode ", name, ": this build reads no such ",
       format_name(format), " images, since it was made without libvips.");
}

std::string libvips_version() { return ""; }

void end_vips_thread() {}

}  // namespace thaw::data

#endif
