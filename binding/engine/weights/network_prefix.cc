#include "engine/weights/network_prefix.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include "engine/weights/malformed.h"

namespace thaw::weights {
namespace {

using Names = std::unordered_set<std::string_view>;

bool holds(const Names& names, const std::string& prefix, const std::vector<std::string>& network) {
  if (!names.contains(prefix + network.at(1))) return false;
  size_t held = 0;
  for (size_t i = 0; i < network.size() && 2 * (i - held) <= network.size(); ++i)
    held += names.contains(prefix + network[i]) ? 1 : 0;
  return 2 * held > network.size();
}

std::set<std::string> network_prefixes(const Names& names, const NetworkNames& networks) {
  std::set<std::string> prefixes;
  for (const std::vector<std::string>& network : networks) {
    for (const std::string_view name : names) {
      if (!name.ends_with(network.at(0))) continue;
      const std::string prefix(name.substr(0, name.size() - network[0].size()));
      const bool whole_module = prefix.empty() || prefix.back() == '.';
      if (whole_module && holds(names, prefix, network)) prefixes.insert(prefix);
    }
  }
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

void strip_network_prefix(StateDict& tensors, const NetworkNames& networks) {
  Names names;
  for (const auto& [name, tensor] : tensors) names.insert(name);
  const std::set<std::string> prefixes = network_prefixes(names, networks);
  if (prefixes.empty() || prefixes.contains("")) return;
  const std::string& prefix = *prefixes.begin();
  if (prefixes.size() > 1) {
    malformed("it holds several networks ('", printable(prefix), "' and '",
              printable(*std::next(prefixes.begin())), "'); save the state dict of one of them");
  }
  for (const std::vector<std::string>& network : networks) {
    for (const std::string& name : network) {
      if (names.contains(name)) return;
    }
  }
  names.clear();
  for (auto& [name, tensor] : tensors) name.erase(0, shared(name, prefix));
  for (const auto& [name, tensor] : tensors) {
    if (names.insert(name).second) continue;
    malformed("the name '", printable(name), "' is used twice once '", printable(prefix),
              "' is taken off");
  }
}

}  // namespace thaw::weights
