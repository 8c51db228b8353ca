// What is known of networks without one of them being there.
#pragma once

#include "napi/napi.h"

namespace thaw::napi {

// architectures(): { name, variant }[], every network in every variant that there is of it
Napi::Value architectures(const Napi::CallbackInfo& info);

// networkGraph({ architecture, variant, height, width, head }): the nodes, in Keras' order
Napi::Value network_graph(const Napi::CallbackInfo& info);

// matchArchitecture(weights, origin, wanted?): { name, variant } of the network that a file's
// tensors belong to
Napi::Value match_architecture(const Napi::CallbackInfo& info);

}  // namespace thaw::napi
