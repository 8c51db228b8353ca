#include "engine/data/decoders.h"
#include "engine/error.h"

#ifdef THAW_VIPS

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <vector>
#include <vips/vips8>

#include "engine/data/cmyk.h"
#include "engine/data/orientation.h"
#include "engine/data/png_notes.h"
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
    case ImageFormat::kTiff:
      return VImage::tiffload_buffer(blob.get(), options);
    case ImageFormat::kAvif:
    case ImageFormat::kHeic:
      return VImage::heifload_buffer(blob.get(), options);
    case ImageFormat::kJxl:
      return VImage::jxlload_buffer(blob.get(), options);
    case ImageFormat::kJp2:
      return VImage::jp2kload_buffer(blob.get(), options);
    default:
      return VImage::jpegload_buffer(blob.get(), options->set("shrink", reduction));
  }
}

// As Pillow's convert('RGB'), profiles are left alone; CMYK stays for now, and every other colour
// space is converted.
VImage to_bytes(VImage image) {
  switch (image.interpretation()) {
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
  if (image.interpretation() == VIPS_INTERPRETATION_CMYK && image.bands() >= 4) {
    return image.extract_band(0, VImage::option()->set("n", 4)).invert();
  }
  if (image.bands() == 3) return image;
  if (image.bands() > 3) return image.extract_band(0, VImage::option()->set("n", 3));
  const VImage grey = image.bands() == 1 ? image : image.extract_band(0);
  return VImage::bandjoin({grey, grey, grey});
}

std::string_view blob(const VImage& image, const char* name) {
  if (image.get_typeof(name) == 0) return {};
  size_t size = 0;
  const auto* data = static_cast<const char*>(image.get_blob(name, &size));
  return {data, size};
}

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// ImageMagick's way to keep EXIF data in a PNG: a comment of three lines, then hexadecimal digits.
std::optional<int> raw_profile_orientation(const VImage& image) {
  const std::unique_ptr<char*, void (*)(char**)> fields(vips_image_get_fields(image.get_image()),
                                                        g_strfreev);
  for (char** field = fields.get(); *field; ++field) {
    const std::string_view name(*field);
    if (!name.starts_with("png-comment-") || !name.ends_with("-Raw profile type exif")) continue;
    std::string_view text = image.get_string(*field);
    for (int line = 0; line < 3; ++line) {
      text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
    }
    std::string exif;
    int high = -1;
    for (const char digit : text) {
      const int value = g_ascii_xdigit_value(digit);
      if (value < 0) continue;
      if (high >= 0) exif += static_cast<char>(high << 4 | value);
      high = high < 0 ? value : -1;
    }
    return exif_orientation(as_bytes(exif));
  }
  return {};
}

// libvips turns what the container says is turned. As Pillow sees it, that is then all.
bool container_turns(std::span<const uint8_t> bytes) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t end = all.find("mdat");  // of the boxes that describe the image
  for (const char* turn : {"irot", "imir"}) {
    if (all.substr(0, end).find(turn) != all.npos) return true;
  }
  return false;
}

// As Pillow: EXIF data, and where they are silent, XMP.
int orientation_of(const VImage& image, ImageFormat format, std::span<const uint8_t> bytes) {
  const PngNotes notes = format == ImageFormat::kPng ? png_notes(bytes) : PngNotes{};
  std::optional<int> found;
  if (format == ImageFormat::kTiff) {
    if (image.get_typeof(VIPS_META_ORIENTATION) != 0) found = image.get_int(VIPS_META_ORIENTATION);
  } else if (!notes.exif.empty()) {
    found = exif_orientation(notes.exif);
  } else {
    const std::string_view exif = blob(image, VIPS_META_EXIF_NAME);
    found = exif.empty() ? raw_profile_orientation(image) : exif_orientation(as_bytes(exif));
  }
  const bool heif = format == ImageFormat::kAvif || format == ImageFormat::kHeic;
  if (heif && (found || container_turns(bytes))) return 1;
  if (!found && !notes.xmp.empty()) found = xmp_orientation(notes.xmp);
  if (!found) found = xmp_orientation(blob(image, VIPS_META_XMP_NAME));
  return found.value_or(1);
}

// libvips gathers its complaints in one text of several lines; the first is the cause, but for
// those of a reader that has tried what a short file does not have.
std::string first_complaint() {
  const std::unique_ptr<char, void (*)(void*)> all(vips_error_buffer_copy(), g_free);
  std::string text = all.get();
  while (text.starts_with("source: ") && text.find('\n') != text.npos) {
    text = text.substr(text.find('\n') + 1);
  }
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "libvips gives no reason" : text;
}

// From above and to the end, whatever is wanted: damage is found wherever it is.
void read_rows(const VImage& image, const Box& wanted, RowSink& sink) {
  constexpr int kStrip = 16;  // rows at a time
  const std::unique_ptr<VipsRegion, void (*)(void*)> region(vips_region_new(image.get_image()),
                                                            g_object_unref);
  const int channels = image.bands();
  std::vector<uint8_t> row(static_cast<size_t>(wanted.width * channels) + 1);
  for (int top = 0; top < image.height(); top += kStrip) {
    const VipsRect strip{0, top, image.width(), std::min(kStrip, image.height() - top)};
    if (vips_region_prepare(region.get(), &strip) != 0) throw vips::VError();
    for (int y = top; y < top + strip.height; ++y) {
      if (y < wanted.top || y >= wanted.top + wanted.height) continue;
      const uint8_t* from = VIPS_REGION_ADDR(region.get(), static_cast<int>(wanted.left), y);
      std::memcpy(row.data(), from, row.size() - 1);
      if (channels == 4) inverted_cmyk_to_rgb(row.data(), wanted.width);
      sink.row(y, row.data());
    }
  }
}

void decode(const Encoded& encoded, ImageFormat format, RowSink& sink) {
  VImage image = load(encoded.bytes, format, 1);
  check_pixels(image.height(), image.width(), encoded);
  const int orientation = orientation_of(image, format, encoded.bytes);
  if (format == ImageFormat::kJpeg) {
    const int reduction =
        sink.reduction(Turn(orientation).upright({image.height(), image.width()}));
    if (reduction > 1) image = load(encoded.bytes, format, reduction);
  }
  image = to_bytes(image);
  read_rows(image, sink.begin({image.height(), image.width()}, orientation), sink);
}

}  // namespace

void decode_vips(const Encoded& image, ImageFormat format, RowSink& sink) {
  start_vips();
  try {
    decode(image, format, sink);
  } catch (const vips::VError&) {
    const std::string complaint = first_complaint();
    if (complaint.find("out of memory") != complaint.npos) throw std::bad_alloc();
    // libheif's words.
    for (const char* codec : {"has not been built in", "Unsupported codec"}) {
      if (complaint.find(codec) != complaint.npos) refuse_format(image, format);
    }
    refuse_image(image, complaint);
  }
}

bool vips_reads(ImageFormat format) {
  const auto has = [](const char* loader) {
    start_vips();
    return vips_type_find("VipsOperation", loader) != 0;
  };
  switch (format) {
    case ImageFormat::kJpeg:
      return has("jpegload_buffer");
    case ImageFormat::kPng:
      return has("pngload_buffer");
    case ImageFormat::kWebp:
      return has("webpload_buffer");
    case ImageFormat::kTiff:
      return has("tiffload_buffer");
    case ImageFormat::kAvif:
    case ImageFormat::kHeic:  // if its libheif was built with a decoder for it, which shows later
      return has("heifload_buffer");
    case ImageFormat::kJxl:
      return has("jxlload_buffer");
    case ImageFormat::kJp2:
      return has("jp2kload_buffer");
    default:
      return false;
  }
}

std::string libvips_version() { return std::string("libvips ") + vips_version_string(); }

void end_vips_thread() { vips_thread_shutdown(); }

}  // namespace thaw::data

#else

namespace thaw::data {

void decode_vips(const Encoded& image, ImageFormat format, RowSink&) {
  refuse_format(image, format);
}

bool vips_reads(ImageFormat) { return false; }

std::string libvips_version() { return ""; }

void end_vips_thread() {}

}  // namespace thaw::data

#endif
