// Windows bitmaps: uncompressed, 24 or 32 bits a pixel or a palette of 8 bits.
#include <algorithm>
#include <array>

#include "engine/data/decoders.h"
#include "engine/error.h"

namespace thaw::data {

namespace {

constexpr size_t kFileHeader = 14;
constexpr size_t kInfoHeader = 40;
constexpr uint32_t kUncompressed = 0;
constexpr uint32_t kBitFields = 3;

// Little-endian numbers, and zero beyond the end: sizes are checked before pixels are read.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint32_t number(size_t offset, int width) const {
    uint32_t value = 0;
    for (int i = 0; i < width && offset + i < bytes_.size(); ++i) {
      value |= uint32_t{bytes_[offset + i]} << 8 * i;
    }
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
};

struct Header {
  size_t pixels;   // offset
  size_t palette;  // offset
  int64_t colours;
  int64_t height;
  int64_t width;
  bool top_down;
  int bytes;  // a pixel
};

[[noreturn]] void refuse(const std::string& name, const char* reason) {
  fail("ERR_IMAGE_DECODE", "Cannot decode ", name, ": ", reason, ".");
}

Header read_header(const Reader& reader, const std::string& name) {
  const uint32_t info = reader.number(14, 4);
  if (info < kInfoHeader) refuse(name, "it is a BMP of a kind before Windows 3, which is not read");
  const auto height = static_cast<int32_t>(reader.number(22, 4));
  const uint32_t bits = reader.number(28, 2);
  const uint32_t compression = reader.number(30, 4);
  // Masks in the order that uncompressed 32-bit files have anyway; others are rare.
  const bool usual_masks = compression == kBitFields && bits == 32 &&
                           reader.number(54, 4) == 0xFF0000 && reader.number(58, 4) == 0xFF00 &&
                           reader.number(62, 4) == 0xFF;
  if ((compression != kUncompressed && !usual_masks) || (bits != 8 && bits != 24 && bits != 32)) {
    refuse(name, "of BMP only uncompressed images of 8, 24 or 32 bits are read");
  }
  Header header{};
  header.pixels = reader.number(10, 4);
  header.palette = kFileHeader + info;
  const uint32_t colours = reader.number(46, 4);
  header.colours = bits != 8 ? 0 : colours == 0 || colours > 256 ? 256 : colours;
  header.top_down = height < 0;
  header.height = std::abs(int64_t{height});
  header.width = static_cast<int32_t>(reader.number(18, 4));
  header.bytes = static_cast<int>(bits / 8);
  if (header.height < 1 || header.width < 1) refuse(name, "it claims to have no pixels");
  return header;
}

}  // namespace

Pixels decode_bmp(std::span<const uint8_t> bytes, const std::string& name,
                  const DecodeOptions& options) {
  const Reader reader(bytes);
  const Header header = read_header(reader, name);
  check_pixels(header.height, header.width, name, options);
  const int64_t stride = (header.width * header.bytes + 3) / 4 * 4;
  if (static_cast<int64_t>(header.pixels) + stride * header.height >
      static_cast<int64_t>(bytes.size())) {
    refuse(name, "the file is truncated");
  }
  std::array<uint32_t, 256> palette{};  // 0x00RRGGBB; black beyond its end
  for (int64_t i = 0; i < header.colours; ++i)
    palette[i] = reader.number(header.palette + 4 * i, 4);

  Pixels pixels = allocate_pixels(header.height, header.width);
  uint8_t* to = pixels.data.get();
  for (int64_t y = 0; y < header.height; ++y) {
    const int64_t row = header.top_down ? y : header.height - 1 - y;
    const uint8_t* from = bytes.data() + header.pixels + row * stride;
    for (int64_t x = 0; x < header.width; ++x, from += header.bytes, to += 3) {
      const uint32_t colour = header.bytes == 1
                                  ? palette[*from]
                                  : uint32_t{from[2]} << 16 | uint32_t{from[1]} << 8 | from[0];
      to[0] = static_cast<uint8_t>(colour >> 16);
      to[1] = static_cast<uint8_t>(colour >> 8);
      to[2] = static_cast<uint8_t>(colour);
    }
  }
  return pixels;
}

}  // namespace thaw::data
