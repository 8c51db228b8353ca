// Network::load: every name and shape is checked before the first tensor is changed.
#include <unordered_map>
#include <unordered_set>

#include "engine/error.h"
#include "engine/model/network.h"

namespace thaw::model {
namespace {

bool is_counter(const std::string& name) { return name.ends_with(".num_batches_tracked"); }

void list(std::ostringstream& message, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  message << "; " << names.size() << " " << what << ": ";
  for (size_t i = 0; i < names.size(); ++i) message << (i ? ", " : "") << names[i];
}

std::string shape_text(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

}  // namespace

void Network::load(const StateDict& source, const std::string& origin, bool backbone_only) {
  std::unordered_map<std::string, const at::Tensor*> found;
  for (const auto& [name, tensor] : source) found.emplace(name, &tensor);

  std::vector<std::string> missing, unexpected, misshaped;
  std::unordered_set<std::string> known;
  std::vector<std::pair<at::Tensor*, const at::Tensor*>> copies;
  for (const Named& named : named_tensors()) {
    known.insert(named.name);
    if (named.head && backbone_only) continue;
    const auto entry = found.find(named.name);
    if (entry == found.end()) {
      if (!is_counter(named.name)) missing.push_back(named.name);
    } else if (entry->second->sizes() != named.tensor->sizes()) {
      misshaped.push_back(named.name + " " + shape_text(entry->second->sizes()) + " instead of " +
                          shape_text(named.tensor->sizes()));
    } else {
      copies.emplace_back(named.tensor, entry->second);
    }
  }
  for (const auto& [name, tensor] : source) {
    const bool of_head = name.starts_with("fc.") || name.starts_with("head.");
    if (!known.contains(name) && !(backbone_only && of_head)) unexpected.push_back(name);
  }
  if (!missing.empty() || !unexpected.empty() || !misshaped.empty()) {
    std::ostringstream message;
    message << origin << " does not fit this " << architecture_.name;
    list(message, "missing", missing);
    list(message, "unexpected", unexpected);
    list(message, "of another shape", misshaped);
    message << ".";
    throw Error("ERR_WEIGHTS_MISMATCH", message.str());
  }
  at::NoGradGuard no_grad;
  for (const auto& [target, value] : copies) target->copy_(*value);
  touch();
}

void Network::set_state(const StateDict& values) {
  std::unordered_map<std::string, at::Tensor*> known;
  for (const Named& named : named_tensors()) known.emplace(named.name, named.tensor);
  for (const auto& [name, value] : values) {
    const auto found = known.find(name);
    if (found == known.end())
      fail("ERR_WEIGHTS_MISMATCH", "The network has no tensor '", name, "'.");
    if (found->second->sizes() != value.sizes()) {
      fail("ERR_WEIGHTS_MISMATCH", "The values of '", name, "' are ", shape_text(value.sizes()),
           " instead of ", shape_text(found->second->sizes()), ".");
    }
  }
  at::NoGradGuard no_grad;
  for (const auto& [name, value] : values) known.at(name)->copy_(value);
  touch();
}

}  // namespace thaw::model
