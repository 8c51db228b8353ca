// The index of safetensors that are split into several files (`model.safetensors.index.json`):
// {"metadata": {...}, "weight_map": {tensor: file, ...}}.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace thaw::weights {

// The tensors of each file. Throws ERR_WEIGHTS_FORMAT where the text is no index, or a file's name
// is more than a name: shards lie in the index's folder, and nothing outside of it is opened.
std::map<std::string, std::vector<std::string>> parse_index(std::string_view text);

}  // namespace thaw::weights
