// What decides the features at a freeze boundary, as one text: a file of features is used again
// only under the same key.
#pragma once

#include <string>

#include "engine/data/loader.h"
#include "engine/train/session.h"

namespace thaw::train {

// Covers the contents of every image (by SHA-1), the frozen weights, the boundary, the
// preprocessing, the augmentation with its seed, and what computes: precision, device, libtorch.
std::string cache_key(const Session& session, int units, at::ScalarType compute,
                      const data::Dataset& dataset, const data::LoaderOptions& loader);

}  // namespace thaw::train
