#include "engine/data/dataset.h"

namespace thaw::data {

int64_t Dataset::size() const {
  if (!paths.empty()) return static_cast<int64_t>(paths.size());
  if (!encoded.empty()) return static_cast<int64_t>(encoded.size());
  return pixels.defined() ? pixels.size(0) : 0;
}

std::string Dataset::name(int64_t sample) const {
  return paths.empty() ? "image " + std::to_string(sample) : paths[static_cast<size_t>(sample)];
}

}  // namespace thaw::data
