// The readers behind read_weights(), one a format. They complain in clauses; see malformed.h.
#pragma once

#include "engine/weights/input_file.h"
#include "engine/weights/weights.h"

namespace thaw::weights {

// Any of them, with whole sentences; see weights.h.
WeightsFile read_weights(const InputFile& file, const NetworkNames& networks = {});

WeightsFile read_safetensors(const InputFile& file);
WeightsFile read_sharded(const InputFile& file);         // safetensors by their index
WeightsFile read_pytorch_zip(const InputFile& file);     // torch.save since 1.6, and TorchScript
WeightsFile read_pytorch_legacy(const InputFile& file);  // torch.save before 1.6

}  // namespace thaw::weights
