// What decides the features at a freeze boundary, as one text: a file of features is used again
// only under the same key.
#pragma once

#include <string>

#include "engine/data/loader.h"
#include "engine/train/session.h"

namespace thaw::train {

// What computes: the frozen weights up to the boundary, the preprocessing, precision, device,
// kernels, libtorch and the image libraries. Reads every weight: once for all data sets.
std::string network_key(const Session& session, int boundary, at::ScalarType compute,
                        device::Kernels kernels);

// With that, what is computed: the contents of every image (by SHA-1), the augmentation and its
// seed.
std::string cache_key(const std::string& network, const data::Dataset& dataset,
                      const data::LoaderOptions& loader);

}  // namespace thaw::train
