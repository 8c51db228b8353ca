// The weights of a resizing along one side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace thaw::data {

// Weights are fixed-point numbers of 22 bits: 8 more for the pixel leave the sign and one bit to
// spare.
constexpr int kWeightBits = 22;
constexpr int32_t kHalf = 1 << (kWeightBits - 1);

// For each output, the weights of the inputs first[i] .. first[i] + width - 1; they are not
// negative and add up to one. All outputs have the same number, some zero at either end, since a
// loop of a changing length is mispredicted at every pixel.
struct Taps {
  std::vector<int32_t> first;
  std::vector<int32_t> weights;  // [outputs, width]
  int64_t width;

  const int32_t* of(int64_t output) const { return weights.data() + output * width; }
  int64_t begin() const { return std::min(first.front(), first.back()); }
  int64_t end() const { return std::max(first.front(), first.back()) + width; }

  // The same of inputs that lie `by` further on.
  void move(int64_t by);
  // The same of `inputs` inputs in reverse order.
  void mirror(int64_t inputs);
};

// For the outputs first .. first + count - 1 of resizing `input` to `output`. The triangle filter,
// widened by the scale when shrinking (that is the antialiasing), rounded exactly as Pillow rounds
// it.
Taps triangle_taps(int64_t input, int64_t output, int64_t first, int64_t count);

}  // namespace thaw::data
