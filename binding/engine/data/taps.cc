#include "engine/data/taps.h"

#include <algorithm>
#include <cmath>

namespace thaw::data {

void Taps::move(int64_t by) {
  for (int32_t& input : first) input += static_cast<int32_t>(by);
}

void Taps::mirror(int64_t inputs) {
  for (int32_t& input : first) input = static_cast<int32_t>(inputs - width) - input;
  for (auto of = weights.begin(); of != weights.end(); of += width) std::reverse(of, of + width);
}

Taps triangle_taps(int64_t input, int64_t output, int64_t first, int64_t count) {
  const double scale = static_cast<double>(input) / static_cast<double>(output);
  const double support = std::max(scale, 1.0);
  Taps taps;
  taps.width = std::min(static_cast<int64_t>(2 * support) + 1, input);
  taps.first.resize(static_cast<size_t>(count));
  taps.weights.resize(static_cast<size_t>(count * taps.width));
  std::vector<double> exact(static_cast<size_t>(taps.width));
  for (int64_t i = 0; i < count; ++i) {
    const double centre = (static_cast<double>(first + i) + 0.5) * scale;
    const auto begin = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const auto end =
        std::min({static_cast<int64_t>(centre + support + 0.5), input, begin + taps.width});
    double sum = 0;
    for (int64_t x = begin; x < end; ++x) {
      const double distance = std::abs((static_cast<double>(x) - centre + 0.5) * (1.0 / support));
      exact[x - begin] = distance < 1.0 ? 1.0 - distance : 0.0;
      sum += exact[x - begin];
    }
    const int64_t start = std::min(begin, input - taps.width);
    int32_t* weights = taps.weights.data() + i * taps.width + (begin - start);
    for (int64_t k = 0; k < end - begin; ++k) {
      weights[k] = static_cast<int32_t>(0.5 + exact[k] / sum * (1 << kWeightBits));
    }
    taps.first[i] = static_cast<int32_t>(start);
  }
  return taps;
}

}  // namespace thaw::data
