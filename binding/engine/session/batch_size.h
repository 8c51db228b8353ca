// Chooses the batch size for people: `--batch-size auto`.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/session/options.h"
#include "engine/session/session.h"

namespace thaw::session {

// Doubles the batch from 8 on for as long as that makes training faster, and gives the smallest one
// within a twentieth of the fastest. Not more than a sixteenth of the images, so that an epoch
// keeps enough steps to learn in, nor more than fits into the memory: a GPU's own, or FitOptions'
// cache.memory of the host's. Changes neither weights nor statistics nor random state.
//
// `kept`: the features will be kept, so that only the first epoch computes them.
int64_t find_batch_size(const Session& session, const Session::Parts& parts, int boundary,
                        const DataOptions& options, int64_t memory, int64_t images, bool kept);

// The choice by itself. `seconds(n)`: for a batch of n; negative where it would not fit.
int64_t knee(int64_t largest, const std::function<double(int64_t)>& seconds);

}  // namespace thaw::session
