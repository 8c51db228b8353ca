// safetensors (huggingface/safetensors, format description in its README): an 8-byte little-endian
// header length, a JSON header, then the tensors' bytes.
#pragma once

#include <string>

#include "engine/state_dict.h"
#include "engine/weights/weights.h"

namespace thaw::weights {

// A file that holds a checksum is read as a whole against it: ERR_WEIGHTS_FORMAT where a byte of it
// is another one.
WeightsFile read_safetensors(const std::string& path);

// Writes through `path + ".part"`, fsync and rename, so that `path` is either the old file or the
// whole new one. Tensors are written in the given order with their dtypes, and the metadata has a
// checksum over all of the file, see safetensors_checksum.h. Throws ERR_DISK_FULL, ERR_IO.
void write_safetensors(const std::string& path, const StateDict& tensors, const Metadata& metadata);

}  // namespace thaw::weights
