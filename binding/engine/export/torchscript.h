// Writes a network as a TorchScript file that Python's torch.jit.load and C++'s torch::jit::load
// open and run in inference mode; submodules and parameters carry torchvision's names.
#pragma once

#include <string>

#include "engine/model/network.h"

namespace thaw {

// forward takes normalised images [N, 3, H, W] in float32 and gives the head's output, with the
// activation of its last layer (probabilities where that is softmax); without a head, the feature
// map. `extra_files` go into the archive's extra/ folder (class names, preprocessing). Writes
// through `.part` and rename. Throws ERR_DISK_FULL, ERR_IO.
void export_torchscript(const std::string& path, const model::Network& network,
                        const Metadata& extra_files);

}  // namespace thaw
