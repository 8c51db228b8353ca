// safetensors (huggingface/safetensors, format description in its README): an 8-byte little-endian
// header length, a JSON header, then the tensors' bytes.
#pragma once

#include <string>

#include "engine/state_dict.h"
#include "engine/weights/weights.h"

namespace thaw::weights {

WeightsFile read_safetensors(const std::string& path);

// Writes through `path + ".part"`, fsync and rename, so that `path` is either the old file or the
// whole new one. Tensors are written in the given order with their dtypes. Throws ERR_DISK_FULL,
// ERR_IO.
void write_safetensors(const std::string& path, const StateDict& tensors, const Metadata& metadata);

}  // namespace thaw::weights
