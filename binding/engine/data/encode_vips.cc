#include "engine/data/encode.h"
#include "engine/error.h"

#ifdef THAW_VIPS

#include <filesystem>
#include <memory>
#include <vips/vips8>

#include "engine/data/vips_start.h"
#include "engine/files/atomic_file.h"

namespace thaw::data {

namespace {

// The file of an image, in the format that `ending` names; `name` is for messages.
std::vector<uint8_t> encoded(const std::string& name, const std::string& ending,
                             std::span<const uint8_t> rgb, int64_t height, int64_t width) {
  if (height < 1 || width < 1 || rgb.size() != static_cast<size_t>(height * width * 3)) {
    fail("ERR_IMAGE_WRITE", "Cannot write ", name, ": ", rgb.size(), " bytes are no ", width, " x ",
         height, " RGB image.");
  }
  start_vips();
  try {
    const vips::VImage image = vips::VImage::new_from_memory(
        const_cast<uint8_t*>(rgb.data()), rgb.size(), static_cast<int>(width),
        static_cast<int>(height), 3, VIPS_FORMAT_UCHAR);
    void* bytes = nullptr;
    size_t size = 0;
    image.copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))
        .write_to_buffer(ending.c_str(), &bytes, &size);
    const std::unique_ptr<void, void (*)(void*)> owner(bytes, g_free);
    const auto* first = static_cast<const uint8_t*>(bytes);
    return {first, first + size};
  } catch (const vips::VError& error) {
    std::string reason = error.what();
    vips_error_clear();
    fail("ERR_IMAGE_WRITE", "Cannot write ", name, ": ", reason.substr(0, reason.find('\n')), ".");
  }
}

}  // namespace

// Not by libvips, which does not say of a full disk that it is full.
void write_image(const std::string& path, std::span<const uint8_t> rgb, int64_t height,
                 int64_t width) {
  const std::vector<uint8_t> bytes =
      encoded(path, std::filesystem::path(path).extension(), rgb, height, width);
  AtomicFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

std::vector<uint8_t> encode_jpeg(std::span<const uint8_t> rgb, int64_t height, int64_t width) {
  return encoded("an image", ".jpg", rgb, height, width);
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
