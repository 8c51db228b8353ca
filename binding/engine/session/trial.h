// A pass over made-up images that leaves nothing behind: to learn what a batch takes.
#pragma once

#include <cstdint>

#include "engine/session/session.h"

namespace thaw::session {

// Forward and, where something is trained and gradients are wanted, backward, over so many black
// images; done when it returns. In inference mode, where nothing is updated: live BatchNorm takes
// no more memory. Neither weights nor statistics nor random state change; gradients are forgotten.
// Without `through_frozen` the features are made up as well.
void trial_pass(const Session& session, const Session::Parts& parts, int boundary,
                at::ScalarType compute, int64_t images, bool gradients, bool through_frozen);

// What a pass that was broken off may have left.
void forget_gradients(const Session& session);

}  // namespace thaw::session
