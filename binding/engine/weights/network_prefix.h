// Checkpoints hold a network as a part of something larger: DataParallel's `module.`, Lightning's
// `model.`, a detector's `backbone.body.`.
#pragma once

#include <string>
#include <vector>

#include "engine/state_dict.h"

namespace thaw::weights {

// The names of each network's tensors that is looked for, its first tensor first.
using NetworkNames = std::vector<std::vector<std::string>>;

// Finds the one network in the names (a module that holds the first two tensors of one, and more
// than half of all) and takes from every name the leading modules that it shares with that
// module's: `module.backbone.conv1.weight` becomes `conv1.weight`, the `module.fc.weight` beside it
// `fc.weight`, and `loss.weight` stays. Names stay as they are where there is no such network,
// where one has no prefix, or where a name of a network stands without it. Throws
// ERR_WEIGHTS_FORMAT where there are several networks, or two names become one.
void strip_network_prefix(StateDict& tensors, const NetworkNames& networks);

}  // namespace thaw::weights
