#include "engine/weights/network_prefix.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "engine/weights/malformed.h"

namespace thaw::weights {
namespace {

constexpr std::string_view kFirst = "conv1.weight";

bool is_stem_or_stage(std::string_view name) {
  for (const std::string_view start :
       {"conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4."}) {
    if (name.starts_with(start)) return true;
  }
  return false;
}

// Blocks have a `conv1` and a `bn1` as well, but no `layer1`.
std::vector<std::string> network_prefixes(const std::unordered_set<std::string_view>& names) {
  std::vector<std::string> prefixes;
  for (const std::string_view name : names) {
    if (!name.ends_with(kFirst)) continue;
    const std::string prefix(name.substr(0, name.size() - kFirst.size()));
    const bool whole_module = prefix.empty() || prefix.back() == '.';
    if (whole_module && names.contains(prefix + "bn1.weight") &&
        names.contains(prefix + "layer1.0.conv1.weight")) {
      prefixes.push_back(prefix);
    }
  }
  std::sort(prefixes.begin(), prefixes.end());
  return prefixes;
}

// How much of the name is the prefix, or whole modules of it.
size_t shared(std::string_view name, std::string_view prefix) {
  size_t modules = 0;
  for (size_t i = 0; i < std::min(name.size(), prefix.size()) && name[i] == prefix[i]; ++i) {
    if (name[i] == '.') modules = i + 1;
  }
  return modules;
}

}  // namespace

void strip_network_prefix(StateDict& tensors) {
  std::unordered_set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) names.insert(name);
  const std::vector<std::string> prefixes = network_prefixes(names);
  if (prefixes.empty() || prefixes[0].empty()) return;
  if (prefixes.size() > 1) {
    malformed("it holds several networks ('", printable(prefixes[0]), "' and '",
              printable(prefixes[1]), "'); save the state dict of one of them");
  }
  if (std::any_of(names.begin(), names.end(), is_stem_or_stage)) return;
  names.clear();
  for (auto& [name, tensor] : tensors) name.erase(0, shared(name, prefixes[0]));
  for (const auto& [name, tensor] : tensors) {
    if (names.insert(name).second) continue;
    malformed("the name '", printable(name), "' is used twice once '", printable(prefixes[0]),
              "' is taken off");
  }
}

}  // namespace thaw::weights
