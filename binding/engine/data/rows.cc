#include "engine/data/rows.h"

#include <cstring>
#include <vector>

#include "engine/data/orientation.h"

namespace thaw::data {

void send_rows(const PixelView& image, int orientation, RowSink& sink) {
  const Box wanted = sink.begin({image.height, image.width}, orientation);
  for (int64_t y = wanted.top; y < wanted.top + wanted.height; ++y) {
    const uint8_t* row = image.data + y * image.stride + wanted.left * 3;
    if (y + 1 < image.height) {
      sink.row(y, row);
    } else {  // an image may end where its memory ends
      std::vector<uint8_t> last(row, row + wanted.width * 3);
      last.push_back(0);
      sink.row(y, last.data());
    }
  }
}

Box WholeImage::begin(Size stored, int orientation) {
  stored_ = stored;
  orientation_ = orientation;
  const Size size = Turn(orientation).upright(stored);
  pixels = allocate_pixels(size.height, size.width);
  return {0, 0, stored.height, stored.width};
}

void WholeImage::row(int64_t y, const uint8_t* rgb) {
  const auto [height, width] = stored_;
  const Turn turn(orientation_);
  const int64_t row = turn.flips_rows ? height - 1 - y : y;
  if (!turn.flips_columns && !turn.swaps_sides) {
    std::memcpy(pixels.data.get() + row * width * 3, rgb, static_cast<size_t>(width * 3));
    return;
  }
  for (int64_t x = 0; x < width; ++x, rgb += 3) {
    const int64_t column = turn.flips_columns ? width - 1 - x : x;
    const int64_t target = turn.swaps_sides ? column * height + row : row * width + column;
    std::memcpy(pixels.data.get() + target * 3, rgb, 3);
  }
}

}  // namespace thaw::data
