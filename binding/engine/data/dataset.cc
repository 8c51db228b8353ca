#include "engine/data/dataset.h"

namespace thaw::data {

int64_t Dataset::size() const {
  if (!paths.empty()) return static_cast<int64_t>(paths.size());
  if (!encoded.empty()) return static_cast<int64_t>(encoded.size());
  return pixels.defined() ? pixels.size(0) : 0;
}

at::Tensor Dataset::targets(const std::vector<int64_t>& samples) const {
  if (shares.defined()) return shares.index_select(0, at::tensor(samples, at::kLong));
  at::Tensor classes = at::empty({static_cast<int64_t>(samples.size())}, at::kLong);
  int64_t* to = classes.mutable_data_ptr<int64_t>();
  for (const int64_t sample : samples) *to++ = labels.at(static_cast<size_t>(sample));
  return classes;
}

at::Tensor Dataset::weights(const std::vector<int64_t>& samples) const {
  if (sample_weights.empty()) return {};
  at::Tensor chosen = at::empty({static_cast<int64_t>(samples.size())}, at::kFloat);
  float* to = chosen.mutable_data_ptr<float>();
  for (const int64_t sample : samples) *to++ = sample_weights.at(static_cast<size_t>(sample));
  return chosen;
}

std::string Dataset::name(int64_t sample) const {
  return paths.empty() ? "image " + std::to_string(sample) : paths[static_cast<size_t>(sample)];
}

}  // namespace thaw::data
