// Weights unlike those of a new network, as training leaves them.
#pragma once

#include "engine/model/network.h"

// BatchNorms that are not the identity: a new network's would hide what is left out or swapped.
inline void disturb(thaw::model::Network& network) {
  at::NoGradGuard no_grad;
  at::manual_seed(3);
  for (const thaw::model::Network::Named& named : network.named_tensors()) {
    const bool norm = named.name.find("bn") != std::string::npos;
    if (named.name.ends_with("running_mean")) named.tensor->normal_(0, 0.1);
    if (named.name.ends_with("running_var")) named.tensor->uniform_(0.5, 1.5);
    if (norm && named.name.ends_with("weight")) named.tensor->uniform_(0.5, 1.5);
    if (named.name.ends_with("bias")) named.tensor->normal_(0, 0.1);
  }
}
