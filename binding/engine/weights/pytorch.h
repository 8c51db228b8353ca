// PyTorch's own files, written; weights.h reads them.
#pragma once

#include <string>

#include "engine/state_dict.h"

namespace thaw::weights {

// Writes what torch.save(state_dict, path) does: a zip archive that `torch.load(weights_only=True)`
// opens as an OrderedDict of tensors, in the given order and with their dtypes, contiguous on the
// CPU. `metadata` stands beside them, where TorchScript keeps extra files and torch.load looks at
// nothing. Through `path + ".part"`, so that `path` is either the old file or the whole new one.
// Throws ERR_DISK_FULL, ERR_IO; ERR_WEIGHTS_FORMAT for a name used twice or not UTF-8, or a dtype
// that has no storage class in PyTorch.
void write_state_dict(const std::string& path, const StateDict& tensors,
                      const Metadata& metadata = {});

}  // namespace thaw::weights
