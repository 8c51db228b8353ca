#include "engine/data/geometry.h"

#include <algorithm>
#include <cmath>

namespace thaw::data {

namespace {

constexpr double kMinArea = 0.08;
constexpr double kMinRatio = 3.0 / 4.0;
constexpr double kMaxRatio = 4.0 / 3.0;

// Python's round(): halves go to the even neighbour, as in the default rounding mode of nearbyint.
int64_t round_half_even(double value) { return static_cast<int64_t>(std::nearbyint(value)); }

}  // namespace

Size resized(Size image, int64_t shorter, Size crop) {
  const int64_t side = std::min(image.height, image.width);
  const auto to_fit = [&](int64_t wanted, int64_t length) {
    return (wanted * side + length - 1) / length;
  };
  shorter = std::max({shorter, to_fit(crop.height, image.height), to_fit(crop.width, image.width)});
  return {shorter * image.height / side, shorter * image.width / side};
}

Box central(Size image, Size crop) {
  return {round_half_even((image.height - crop.height) / 2.0),
          round_half_even((image.width - crop.width) / 2.0), crop.height, crop.width};
}

Box random_part(Size image, Draws& draws) {
  const double area = static_cast<double>(image.height) * static_cast<double>(image.width);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * draws.uniform(kMinArea, 1.0);
    const double ratio = std::exp(draws.uniform(std::log(kMinRatio), std::log(kMaxRatio)));
    const int64_t width = round_half_even(std::sqrt(target * ratio));
    const int64_t height = round_half_even(std::sqrt(target / ratio));
    if (width < 1 || width > image.width || height < 1 || height > image.height) continue;
    const int64_t top = draws.below(static_cast<uint32_t>(image.height - height + 1));
    const int64_t left = draws.below(static_cast<uint32_t>(image.width - width + 1));
    return {top, left, height, width};
  }
  Size part = image;
  const double ratio = static_cast<double>(image.width) / static_cast<double>(image.height);
  if (ratio < kMinRatio) {
    part.height = round_half_even(static_cast<double>(image.width) / kMinRatio);
  } else if (ratio > kMaxRatio) {
    part.width = round_half_even(static_cast<double>(image.height) * kMaxRatio);
  }
  return {(image.height - part.height) / 2, (image.width - part.width) / 2, part.height,
          part.width};
}

}  // namespace thaw::data
