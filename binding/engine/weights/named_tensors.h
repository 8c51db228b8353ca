// Finds the named tensors in what a pickle described.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/weights/pickle.h"

namespace thaw::weights {

using NamedViews = std::vector<std::pair<std::string, const TensorView*>>;

// A state dict: the dictionary itself, or the one under its "state_dict" or "model". Entries that
// are no tensors (epoch, extra state) are passed over. Where every name begins with "module.", as
// DataParallel makes it, that is taken off.
NamedViews state_dict_tensors(const pickle::Value& root);

// A TorchScript module: its attributes' names joined with dots, in the file's order.
NamedViews script_tensors(const pickle::Value& root);

}  // namespace thaw::weights
