// A frozen part whose batches are replayed from a recording, one for each shape.
#pragma once

#include <memory>

#include "engine/device/backend.h"
#include "engine/model/frozen_part.h"

namespace thaw::model {

// Batches of a few shapes (full ones, the last of an epoch) are recorded with `backend`'s graphs
// once they have come some times; others, and all where nothing is recorded, go to `part` as they
// are. Not for two threads at once.
std::unique_ptr<FrozenPart> make_replayed_frozen_part(
    std::unique_ptr<FrozenPart> part, std::shared_ptr<const device::Backend> backend);

}  // namespace thaw::model
