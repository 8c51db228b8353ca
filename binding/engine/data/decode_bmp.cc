// Windows and OS/2 bitmaps.
#include <bit>
#include <vector>

#include "engine/data/bmp_header.h"

namespace thaw::data {

namespace {

// The numbers of colours of an image in run lengths, from its first row on, which is its lowest;
// what is left out is the first colour.
std::vector<uint8_t> unpack(const BmpHeader& header, const LittleEndian& file,
                            const Encoded& image) {
  const auto [height, width] = header.size;
  std::vector<uint8_t> pixels(static_cast<size_t>(height * width));
  int64_t x = 0, y = 0;
  const auto put = [&](uint32_t colour) {
    if (x < width && y < height) pixels[y * width + x] = static_cast<uint8_t>(colour);
    ++x;
  };
  // The i-th pixel of some bytes.
  const auto colour_at = [&](size_t at, uint32_t i) {
    if (header.bits == 8) return file.number(at + i, 1);
    return file.number(at + i / 2, 1) >> (i % 2 ? 0 : 4) & 15;
  };
  for (size_t at = header.pixels; y < height && !(y == height - 1 && x >= width);) {
    if (at + 2 > file.size()) refuse_image(image, "the file is truncated");
    const uint32_t count = file.number(at, 1), value = file.number(at + 1, 1);
    at += 2;
    if (count > 0) {  // the same byte for so many pixels
      for (uint32_t i = 0; i < count; ++i) put(header.bits == 8 ? value : colour_at(at - 1, i % 2));
    } else if (value == 0) {  // end of the row
      x = 0;
      ++y;
    } else if (value == 1) {  // end of the image
      break;
    } else if (value == 2) {  // further on
      x += file.number(at, 1);
      y += file.number(at + 1, 1);
      at += 2;
    } else {  // so many pixels, and up to an even number of bytes
      const size_t bytes = header.bits == 8 ? value : (value + 1) / 2;
      if (at + bytes > file.size()) refuse_image(image, "the file is truncated");
      for (uint32_t i = 0; i < value; ++i) put(colour_at(at, i));
      at += bytes + bytes % 2;
    }
  }
  return pixels;
}

// A field of a pixel, scaled to 0..255 as Pillow does.
uint8_t field(uint32_t pixel, uint32_t mask) {
  const int shift = std::countr_zero(mask);
  const uint64_t value = (pixel & mask) >> shift;
  return static_cast<uint8_t>(value * 255 / (mask >> shift));
}

void write_rgb(uint32_t colour, uint8_t* to) {
  to[0] = static_cast<uint8_t>(colour >> 16);
  to[1] = static_cast<uint8_t>(colour >> 8);
  to[2] = static_cast<uint8_t>(colour);
}

}  // namespace

void decode_bmp(const Encoded& image, RowSink& sink) {
  const LittleEndian file(image.bytes);
  const BmpHeader header = read_bmp_header(file, image);
  const auto [height, width] = header.size;
  const int64_t stride = (width * header.bits + 31) / 32 * 4;
  std::vector<uint8_t> unpacked;
  if (header.run_lengths) {
    unpacked = unpack(header, file, image);
  } else if (header.pixels + static_cast<uint64_t>(stride * height) > file.size()) {
    refuse_image(image, "the file is truncated");
  }

  const Box wanted = sink.begin(header.size, 1);
  std::vector<uint8_t> rgb(static_cast<size_t>(width * 3 + 1));
  for (int64_t y = wanted.top; y < wanted.top + wanted.height; ++y) {
    const int64_t row = header.top_down ? y : height - 1 - y;
    const size_t from = header.pixels + row * stride;
    for (int64_t x = 0; x < width; ++x) {
      uint8_t* const to = &rgb[3 * x];
      if (header.run_lengths) {
        write_rgb(header.colours[unpacked[row * width + x]], to);
      } else if (header.bits == 24 && header.masks[0] == 0xff0000) {
        write_rgb(file.number(from + 3 * x, 3), to);
      } else if (header.bits > 8) {
        const int bytes = header.bits / 8;
        const uint32_t pixel = file.number(from + bytes * x, bytes);
        for (size_t c = 0; c < 3; ++c) to[c] = field(pixel, header.masks[c]);
      } else {
        const int per_byte = 8 / header.bits;
        const uint32_t byte = file.number(from + x / per_byte, 1);
        const auto shift = static_cast<int>(8 - header.bits * (1 + x % per_byte));
        write_rgb(header.colours[byte >> shift & ((1u << header.bits) - 1)], to);
      }
    }
    sink.row(y, rgb.data() + wanted.left * 3);
  }
}

}  // namespace thaw::data
