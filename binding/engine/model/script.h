// A network as TorchScript source: a tree of modules by the dots of torchvision's names, each with
// a forward of its own, in inference mode.
#pragma once

#include <string>
#include <vector>

#include "engine/model/graph.h"

namespace thaw::model {

struct ScriptModule {
  std::string name;    // the last part of its path; "" for the network
  std::string source;  // of its forward
  int node = -1;       // whose tensors it holds; -1 where it holds modules alone
  std::vector<ScriptModule> modules = {};
};

// forward takes normalised images [N, 3, H, W] and gives the last node's output, with the
// activation of a last dense layer.
ScriptModule script_modules(const Graph& graph);

}  // namespace thaw::model
