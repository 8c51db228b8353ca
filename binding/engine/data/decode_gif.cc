// The first frame of a GIF in the colours of its palette, those of transparent pixels included, as
// Pillow's convert('RGB') has it; libvips paints them black.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "engine/data/decoders.h"
#include "engine/data/little_endian.h"

namespace thaw::data {

namespace {

struct Frame {
  size_t data = 0;  // offset of the code size, and then of the blocks
  Size canvas{};
  Box box{};
  bool interlaced = false;
  uint8_t background = 0;  // of what the frame does not cover: Pillow takes the transparent colour
  std::array<uint8_t, 768> palette{};
};

// The colours are grey levels where there is no palette.
size_t read_palette(const LittleEndian& file, size_t at, int flags, Frame& frame) {
  if (!(flags & 0x80)) return at;
  const size_t bytes = size_t{3} << ((flags & 7) + 1);
  frame.palette.fill(0);
  for (size_t i = 0; i < bytes; ++i)
    frame.palette[i] = static_cast<uint8_t>(file.number(at + i, 1));
  return at + bytes;
}

size_t after_blocks(const LittleEndian& file, size_t at) {
  while (const uint32_t length = file.number(at, 1)) at += 1 + length;
  return at + 1;
}

Frame first_frame(const LittleEndian& file, const Encoded& image) {
  Frame frame;
  for (size_t i = 0; i < frame.palette.size(); ++i) frame.palette[i] = static_cast<uint8_t>(i / 3);
  frame.canvas = {file.number(8, 2), file.number(6, 2)};
  size_t at = read_palette(file, 13, static_cast<int>(file.number(10, 1)), frame);
  while (at < file.size()) {
    const uint32_t kind = file.number(at++, 1);
    if (kind == '!') {
      constexpr uint32_t kControl = 0xf9;
      if (file.number(at, 1) == kControl && file.number(at + 2, 1) & 1) {
        frame.background = static_cast<uint8_t>(file.number(at + 5, 1));
      }
      at = after_blocks(file, at + 1);
    } else if (kind == ',') {
      frame.box = {file.number(at + 2, 2), file.number(at, 2), file.number(at + 6, 2),
                   file.number(at + 4, 2)};
      frame.canvas = {std::max(frame.canvas.height, frame.box.top + frame.box.height),
                      std::max(frame.canvas.width, frame.box.left + frame.box.width)};
      const auto flags = static_cast<int>(file.number(at + 8, 1));
      frame.interlaced = flags & 0x40;
      frame.data = read_palette(file, at + 9, flags, frame);
      return frame;
    } else if (kind == ';') {
      break;
    }
  }
  refuse_image(image, "it holds no frame");
}

// Where the rows of an interlaced frame come: each eighth from 0, from 4, each fourth from 2, each
// second from 1.
std::vector<int64_t> row_order(int64_t height, bool interlaced) {
  std::vector<int64_t> order;
  const auto add = [&](int64_t from, int64_t step) {
    for (int64_t y = from; y < height; y += step) order.push_back(y);
  };
  if (!interlaced) {
    add(0, 1);
  } else {
    add(0, 8);
    add(4, 8);
    add(2, 4);
    add(1, 2);
  }
  return order;
}

// The codes of LZW, of a width that grows, in blocks of at most 255 bytes.
class Codes {
 public:
  Codes(const LittleEndian& file, size_t at) : file_(file), at_(at) {}

  std::optional<uint32_t> next(int width) {
    while (count_ < width) {
      if (left_ == 0) left_ = file_.number(at_++, 1);
      if (left_ == 0 || at_ >= file_.size()) return {};
      --left_;
      bits_ |= file_.number(at_++, 1) << count_;
      count_ += 8;
    }
    const uint32_t code = bits_ & ((1u << width) - 1);
    bits_ >>= width;
    count_ -= width;
    return code;
  }

 private:
  const LittleEndian& file_;
  size_t at_;
  uint32_t left_ = 0;  // bytes of the block
  uint32_t bits_ = 0;
  int count_ = 0;
};

// Fills `pixels` with colours' numbers. False: there were too few.
bool unpack(const LittleEndian& file, size_t at, const Encoded& image,
            std::vector<uint8_t>& pixels) {
  constexpr uint32_t kCodes = 4096;
  constexpr uint32_t kNone = kCodes;
  const auto bits = static_cast<int>(file.number(at, 1));
  if (bits < 1 || bits > 11) refuse_image(image, "its code size is none of GIF's");
  const uint32_t clear = 1u << bits, end = clear + 1;
  // A code is an earlier one and one more pixel.
  std::array<uint16_t, kCodes> before{};
  std::array<uint8_t, kCodes> last{}, first{};
  std::array<uint16_t, kCodes> length{};
  for (uint32_t i = 0; i < clear; ++i) {
    first[i] = last[i] = static_cast<uint8_t>(i);
    length[i] = 1;
  }
  Codes codes(file, at + 1);
  uint32_t next = end + 1, previous = kNone;
  int width = bits + 1;
  size_t filled = 0;
  while (filled < pixels.size()) {
    const std::optional<uint32_t> code = codes.next(width);
    if (!code || *code == end) return false;
    if (*code == clear) {
      next = end + 1;
      width = bits + 1;
      previous = kNone;
      continue;
    }
    if (*code > next || (*code == next && previous == kNone) ||
        (previous == kNone && *code > clear)) {
      refuse_image(image, "its data are damaged");
    }
    if (previous != kNone && next < kCodes) {
      before[next] = static_cast<uint16_t>(previous);
      first[next] = first[previous];
      last[next] = *code == next ? first[previous] : first[*code];
      length[next] = static_cast<uint16_t>(length[previous] + 1);
      if (++next == 1u << width && width < 12) ++width;
    } else if (*code == next) {
      refuse_image(image, "its data are damaged");
    }
    // From its end.
    uint32_t from = *code;
    for (size_t i = length[*code]; i-- > 0; from = before[from]) {
      if (filled + i < pixels.size()) pixels[filled + i] = last[from];
    }
    filled += length[*code];
    previous = *code;
  }
  return true;
}

}  // namespace

void decode_gif(const Encoded& image, RowSink& sink) {
  const LittleEndian file(image.bytes);
  const Frame frame = first_frame(file, image);
  const auto [top, left, height, width] = frame.box;
  check_pixels(frame.canvas.height, frame.canvas.width, image);
  if (height < 1 || width < 1) refuse_image(image, "it claims to have no pixels");
  std::vector<uint8_t> pixels(static_cast<size_t>(height * width));
  if (!unpack(file, frame.data, image, pixels)) refuse_image(image, "the file is truncated");

  const std::vector<int64_t> order = row_order(height, frame.interlaced);
  std::vector<int64_t> stored(static_cast<size_t>(height));
  for (int64_t i = 0; i < height; ++i) stored[order[i]] = i;
  const Box wanted = sink.begin(frame.canvas, 1);
  std::vector<uint8_t> row(static_cast<size_t>(frame.canvas.width * 3 + 1));
  for (int64_t y = wanted.top; y < wanted.top + wanted.height; ++y) {
    for (int64_t x = 0; x < frame.canvas.width; ++x) {
      const bool inside = y >= top && y < top + height && x >= left && x < left + width;
      const size_t colour = inside ? pixels[stored[y - top] * width + x - left] : frame.background;
      std::copy_n(&frame.palette[3 * colour], 3, &row[3 * x]);
    }
    sink.row(y, row.data() + wanted.left * 3);
  }
}

}  // namespace thaw::data
