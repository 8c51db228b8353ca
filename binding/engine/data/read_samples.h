// A few samples at once, out of turn.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/loader.h"

namespace thaw::data {

struct ReadSamples {
  at::Tensor images;             // as in a Batch of the loader
  std::vector<int64_t> samples;  // of the images, in the order asked for
  std::vector<int64_t> unreadable;
};

// As a loader with these options gives them in epochs of this view; buffers of its own. Throws what
// is no image's fault.
ReadSamples read_samples(const Dataset& dataset, const LoaderOptions& options, int64_t view,
                         const std::vector<int64_t>& samples);

}  // namespace thaw::data
