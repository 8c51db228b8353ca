// Finds the named tensors in what a pickle described.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/weights/pickle.h"

namespace thaw::weights {

using NamedViews = std::vector<std::pair<std::string, const TensorView*>>;

// A state dict: the dictionary itself, or the one that it keeps under "state_dict", "model", "ema"
// or the like, nested once more or not. Entries that are no tensors (epoch, extra state) are passed
// over.
NamedViews state_dict_tensors(const pickle::Value& root);

// A TorchScript module: its attributes' names joined with dots, in the file's order.
NamedViews script_tensors(const pickle::Value& root);

}  // namespace thaw::weights
