// A fast frozen part that has to prove itself: its first batch is compared with a plain one's.
#pragma once

#include <memory>

#include "engine/model/frozen_part.h"

namespace thaw::model {

// Which kernels a library takes depends on the device and the shapes, so that a test elsewhere says
// little. The first batch runs through both parts. Where `fast` throws or gives other features than
// rounding explains, the run goes on with `plain`, and one notice says why; the part that is not
// taken is freed. Out of memory is no such reason: c10::OutOfMemoryError passes through.
std::unique_ptr<FrozenPart> make_checked_frozen_part(std::unique_ptr<FrozenPart> fast,
                                                     std::unique_ptr<FrozenPart> plain);

}  // namespace thaw::model
