// Reading weight files. Nothing found in a file is ever executed: pickles are read by a restricted
// interpreter that knows tensors, containers and numbers, and TorchScript's code is not looked at.
#pragma once

#include <string>

#include "engine/state_dict.h"

namespace thaw::weights {

struct WeightsFile {
  std::string format;  // "safetensors", "torchscript", "pytorch" (zip) or "pytorch-legacy"
  StateDict tensors;   // contiguous CPU tensors of the file's dtypes, owned (not views of the file)
  Metadata metadata;   // safetensors' __metadata__, TorchScript's extra files; else empty
};

// Reads a TorchScript file, a PyTorch state dict (zip or legacy; plain or nested under "state_dict"
// or "model", without the "module." that DataParallel puts before every name) or a safetensors
// file, told apart by their first bytes, not by their names. Throws ERR_WEIGHTS_NOT_FOUND,
// ERR_WEIGHTS_FORMAT (truncated, malformed, or asking for anything but data), ERR_IO.
WeightsFile read_weights(const std::string& path);

}  // namespace thaw::weights
