// Checkpoints hold a network as a part of something larger: DataParallel's `module.`, Lightning's
// `model.`, a detector's `backbone.body.`.
#pragma once

#include "engine/state_dict.h"

namespace thaw::weights {

// Finds the one residual network in the names (`<prefix>conv1.weight`, `<prefix>bn1.weight`,
// `<prefix>layer1.0.conv1.weight`) and takes from every name the leading modules that it shares
// with that prefix: `module.backbone.conv1.weight` becomes `conv1.weight`, the `module.fc.weight`
// beside it `fc.weight`, and `loss.weight` stays. Names stay as they are where there is no such
// network, where one has no prefix, or where a part of it lies outside of the prefix. Throws
// ERR_WEIGHTS_FORMAT where there are several networks, or two names become one.
void strip_network_prefix(StateDict& tensors);

}  // namespace thaw::weights
