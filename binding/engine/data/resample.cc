#include "engine/data/resample.h"

#include <vector>

#include "engine/data/filter_rows.h"
#include "engine/data/taps.h"

namespace thaw::data {

void resample(const PixelView& image, Size size, const Box& crop, uint8_t* out) {
  const Taps across = triangle_taps(image.width, size.width, crop.left, crop.width);
  const Taps down = triangle_taps(image.height, size.height, crop.top, crop.height);

  // First across, then down, with 8 bits in between: the order and the rounding are Pillow's.
  const int64_t length = crop.width * 3;
  std::vector<uint8_t> narrow(static_cast<size_t>((down.end() - down.begin()) * length));
  for (int64_t y = down.begin(); y < down.end(); ++y) {
    const uint8_t* row = image.data + y * image.stride;
    uint8_t* to = narrow.data() + (y - down.begin()) * length;
    if (y + 1 < image.height) {
      filter_across(row, across, to);
    } else {
      // filter_across reads one byte further, and an image may end where its memory ends.
      std::vector<uint8_t> last(row, row + image.width * 3);
      last.push_back(0);
      filter_across(last.data(), across, to);
    }
  }
  std::vector<int32_t> sums(static_cast<size_t>(length));
  for (int64_t i = 0; i < crop.height; ++i) {
    filter_down(narrow.data() + (down.first[i] - down.begin()) * length, length, down.of(i),
                down.width, sums.data(), out + i * length);
  }
}

}  // namespace thaw::data
