// What decides the features at a freeze boundary, as one text: a file of features is used again
// only under the same key.
#pragma once

#include <string>

#include "engine/data/loader.h"
#include "engine/session/session.h"

namespace thaw::features {

// What computes: the frozen weights up to the boundary, the preprocessing, precision, device,
// kernels, libtorch and the image libraries. Reads every weight: once for all data sets.
std::string network_key(const session::Session& session, int boundary, at::ScalarType compute,
                        device::Kernels kernels);

// With that, what is computed of an image: the augmentation and its seed. Which image a row is of
// stands beside the row.
std::string cache_key(const std::string& network, const data::LoaderOptions& loader);

}  // namespace thaw::features
