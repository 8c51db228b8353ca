// Reading weight files. Nothing found in a file is ever executed: pickles are read by a restricted
// interpreter that knows tensors, containers and numbers, and TorchScript's code is not looked at.
#pragma once

#include <string>

#include "engine/state_dict.h"
#include "engine/weights/network_prefix.h"

namespace thaw::weights {

struct WeightsFile {
  std::string format;  // "safetensors", "torchscript", "pytorch" (zip) or "pytorch-legacy"
  StateDict tensors;   // contiguous CPU tensors of the file's dtypes, owned (not views of the file)
  Metadata metadata;   // one safetensors file's __metadata__, TorchScript's extra files; else empty
  bool checked = false;  // against a checksum over all of it
};

// Reads a TorchScript file, a PyTorch state dict (zip or legacy; plain, or nested in a checkpoint),
// a safetensors file or the index of a sharded one (its shards lie beside it), told apart by their
// first bytes, not by their names. A prefix that all of a network has is taken off (see
// network_prefix.h; without names to look for there is none). Throws ERR_WEIGHTS_NOT_FOUND,
// ERR_WEIGHTS_FORMAT (truncated, malformed, or asking for anything but data), ERR_IO.
WeightsFile read_weights(const std::string& path, const NetworkNames& networks = {});

}  // namespace thaw::weights
