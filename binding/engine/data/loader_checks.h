// What a Loader refuses before it starts.
#pragma once

#include "engine/data/loader.h"

namespace thaw::data {

// Throws ERR_INVALID_ARGUMENT, naming the first thing that is wrong.
void check_loader(const Dataset* dataset, const LoaderOptions& options);

}  // namespace thaw::data
