#include "engine/data/resample.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace thaw::data {

namespace {

// Weights are fixed-point numbers of 22 bits: 8 more for the pixel leave the sign and one bit to
// spare.
constexpr int kBits = 22;
constexpr int32_t kHalf = 1 << (kBits - 1);

// For each of `count` outputs: the first input, how many of them, and their weights.
struct Taps {
  struct Run {
    int32_t first;
    int32_t count;
  };
  std::vector<Run> runs;
  std::vector<int32_t> weights;  // `width` for each output
  int64_t width;

  const int32_t* of(int64_t output) const { return weights.data() + output * width; }
  int64_t begin() const { return runs.front().first; }
  int64_t end() const { return runs.back().first + runs.back().count; }
};

// The triangle filter, widened by the scale when shrinking (that is the antialiasing). The weights
// are normalised before they are rounded, and rounded as Pillow rounds them.
Taps triangle(int64_t input, int64_t output, int64_t first, int64_t count) {
  const double scale = static_cast<double>(input) / static_cast<double>(output);
  const double support = std::max(scale, 1.0);
  Taps taps;
  taps.width = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  taps.runs.resize(count);
  taps.weights.resize(count * taps.width);
  std::vector<double> exact(taps.width);
  for (int64_t i = 0; i < count; ++i) {
    const double centre = (static_cast<double>(first + i) + 0.5) * scale;
    const auto begin = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const auto end = std::min<int64_t>(static_cast<int64_t>(centre + support + 0.5), input);
    double sum = 0;
    for (int64_t x = begin; x < end; ++x) {
      const double distance = std::abs((static_cast<double>(x) - centre + 0.5) * (1.0 / support));
      exact[x - begin] = distance < 1.0 ? 1.0 - distance : 0.0;
      sum += exact[x - begin];
    }
    for (int64_t k = 0; k < end - begin; ++k) {
      taps.weights[i * taps.width + k] = static_cast<int32_t>(0.5 + exact[k] / sum * (1 << kBits));
    }
    taps.runs[i] = {static_cast<int32_t>(begin), static_cast<int32_t>(end - begin)};
  }
  return taps;
}

// One row of `image` to one row of the crop. Weights are not negative and add up to one, so that no
// result needs clipping.
void shrink_row(const uint8_t* from, const Taps& taps, uint8_t* to) {
  const int64_t count = static_cast<int64_t>(taps.runs.size());
  for (int64_t i = 0; i < count; ++i, to += 3) {
    const Taps::Run run = taps.runs[i];
    const int32_t* weight = taps.of(i);
    const uint8_t* pixel = from + int64_t{run.first} * 3;
    int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (int32_t k = 0; k < run.count; ++k, pixel += 3) {
      red += pixel[0] * weight[k];
      green += pixel[1] * weight[k];
      blue += pixel[2] * weight[k];
    }
    to[0] = static_cast<uint8_t>(red >> kBits);
    to[1] = static_cast<uint8_t>(green >> kBits);
    to[2] = static_cast<uint8_t>(blue >> kBits);
  }
}

// `rows` [count, length] to one row.
void shrink_column(const uint8_t* rows, int64_t length, const int32_t* weights, int32_t count,
                   int32_t* sums, uint8_t* to) {
  std::fill_n(sums, length, kHalf);
  for (int32_t k = 0; k < count; ++k, rows += length) {
    const int32_t weight = weights[k];
    for (int64_t x = 0; x < length; ++x) sums[x] += rows[x] * weight;
  }
  for (int64_t x = 0; x < length; ++x) to[x] = static_cast<uint8_t>(sums[x] >> kBits);
}

}  // namespace

void resample(const PixelView& image, Size size, const Box& crop, uint8_t* out) {
  const Taps across = triangle(image.width, size.width, crop.left, crop.width);
  const Taps down = triangle(image.height, size.height, crop.top, crop.height);

  // First across, then down, with 8 bits in between: the order and the rounding are Pillow's.
  const int64_t length = crop.width * 3;
  std::vector<uint8_t> narrow((down.end() - down.begin()) * length);
  for (int64_t y = down.begin(); y < down.end(); ++y) {
    shrink_row(image.data + y * image.stride, across, narrow.data() + (y - down.begin()) * length);
  }
  std::vector<int32_t> sums(length);
  for (int64_t i = 0; i < crop.height; ++i) {
    const Taps::Run run = down.runs[i];
    shrink_column(narrow.data() + (run.first - down.begin()) * length, length, down.of(i),
                  run.count, sums.data(), out + i * length);
  }
}

}  // namespace thaw::data
