#include "engine/weights/safetensors_index.h"

#include <filesystem>
#include <unordered_set>

#include "engine/weights/json.h"
#include "engine/weights/malformed.h"
#include "engine/weights/readers.h"

namespace thaw::weights {
namespace {

constexpr uint64_t kLongestIndex = 100'000'000;  // as a header

bool is_plain_name(const std::string& name) {
  if (name.empty() || name == "." || name == "..") return false;
  return name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

WeightsFile read_shard(const std::string& path, const std::string& shard) {
  const InputFile file(path);
  try {
    return read_safetensors(file);
  } catch (const Error& error) {
    if (error.code() != "ERR_WEIGHTS_FORMAT") throw;
    malformed("its shard '", printable(shard), "' is wrong: ", error.what());
  }
}

}  // namespace

std::map<std::string, std::vector<std::string>> parse_index(std::string_view text) {
  const json::Value index = json::parse(text);
  const json::Value* map =
      index.object() != nullptr ? json::find(*index.object(), "weight_map") : nullptr;
  if (map == nullptr || map->object() == nullptr) {
    malformed("it is no index of safetensors: it has no weight_map");
  }
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, shard] : *map->object()) {
    if (shard.string() == nullptr || !is_plain_name(*shard.string())) {
      malformed("it places tensor '", printable(tensor), "' in '",
                shard.string() != nullptr ? printable(*shard.string()) : "",
                "', which is not the name of a file beside it");
    }
    shards[*shard.string()].push_back(tensor);
  }
  if (shards.empty()) malformed("its weight_map is empty");
  return shards;
}

WeightsFile read_sharded(const InputFile& file) {
  if (file.size() > kLongestIndex) malformed("its index is too long");
  const std::filesystem::path folder = std::filesystem::path(file.path()).parent_path();
  WeightsFile all;
  all.format = "safetensors";
  for (const auto& [shard, tensors] : parse_index(file.peek(0, file.size()))) {
    std::unordered_set<std::string_view> expected(tensors.begin(), tensors.end());
    WeightsFile part = read_shard((folder / shard).string(), shard);
    for (auto& [name, tensor] : part.tensors) {
      // Of another shard too, or of none: either way the index is not this file's.
      if (expected.erase(name) == 0) {
        malformed("its shard '", printable(shard), "' holds '", printable(name),
                  "', which the index does not place there");
      }
      all.tensors.emplace_back(std::move(name), std::move(tensor));
    }
    if (!expected.empty()) {
      malformed("its shard '", printable(shard), "' lacks '",
                printable(std::string(*expected.begin())), "'");
    }
  }
  return all;
}

}  // namespace thaw::weights
