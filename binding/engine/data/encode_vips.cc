#include "engine/data/encode.h"
#include "engine/error.h"

#ifdef THAW_VIPS

#include <vips/vips8>

#include "engine/data/vips_start.h"

namespace thaw::data {

namespace {

// Calls `write` with the image; `name` is for messages.
template <typename Write>
void with_image(const std::string& name, std::span<const uint8_t> rgb, int64_t height,
                int64_t width, const Write& write) {
  if (height < 1 || width < 1 || rgb.size() != static_cast<size_t>(height * width * 3)) {
    fail("ERR_IMAGE_WRITE", "Cannot write ", name, ": ", rgb.size(), " bytes are no ", width, " x ",
         height, " RGB image.");
  }
  start_vips();
  try {
    const vips::VImage image = vips::VImage::new_from_memory(
        const_cast<uint8_t*>(rgb.data()), rgb.size(), static_cast<int>(width),
        static_cast<int>(height), 3, VIPS_FORMAT_UCHAR);
    write(image.copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB)));
  } catch (const vips::VError& error) {
    std::string reason = error.what();
    vips_error_clear();
    fail("ERR_IMAGE_WRITE", "Cannot write ", name, ": ", reason.substr(0, reason.find('\n')), ".");
  }
}

}  // namespace

void write_image(const std::string& path, std::span<const uint8_t> rgb, int64_t height,
                 int64_t width) {
  with_image(path, rgb, height, width,
             [&](const vips::VImage& image) { image.write_to_file(path.c_str()); });
}

std::vector<uint8_t> encode_jpeg(std::span<const uint8_t> rgb, int64_t height, int64_t width) {
  std::vector<uint8_t> encoded;
  with_image("an image", rgb, height, width, [&](const vips::VImage& image) {
    void* bytes = nullptr;
    size_t size = 0;
    image.write_to_buffer(".jpg", &bytes, &size);
    const auto* first = static_cast<const uint8_t*>(bytes);
    encoded.assign(first, first + size);
    g_free(bytes);
  });
  return encoded;
}

}  // namespace thaw::data

#else

namespace thaw::data {

void write_image(const std::string& path, std::span<const uint8_t>, int64_t, int64_t) {
  fail("ERR_IMAGE_WRITE", "Cannot write ", path, ": this build was made without libvips.");
}

std::vector<uint8_t> encode_jpeg(std::span<const uint8_t>, int64_t, int64_t) {
  fail("ERR_IMAGE_WRITE", "Cannot encode an image: this build was made without libvips.");
}

}  // namespace thaw::data

#endif
