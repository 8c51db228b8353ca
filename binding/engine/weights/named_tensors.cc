#include "engine/weights/named_tensors.h"

#include <algorithm>
#include <unordered_set>

#include "engine/weights/malformed.h"

namespace thaw::weights {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr int kDeepestModule = 64;
// A module may appear under two names, so a small file could describe 2^60 of them.
constexpr size_t kMostVisits = 1 << 18;

const Value* member(const Value& dict, std::string_view name) {
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const Value* key = dict.items[i];
    if (key->kind == Kind::kString && key->text == name) return dict.items[i + 1];
  }
  return nullptr;
}

void check_names(const NamedViews& named) {
  std::unordered_set<std::string_view> names;
  for (const auto& [name, view] : named) {
    if (!names.insert(name).second) malformed("the name '", printable(name), "' is used twice");
  }
}

void strip_data_parallel(NamedViews& named) {
  constexpr std::string_view kPrefix = "module.";
  const bool all = std::all_of(named.begin(), named.end(),
                               [&](const auto& entry) { return entry.first.starts_with(kPrefix); });
  if (!all) return;
  for (auto& [name, view] : named) name.erase(0, kPrefix.size());
}

class ScriptWalk {
 public:
  explicit ScriptWalk(NamedViews& named) : named_(named) {}

  void visit(const Value& object, const std::string& prefix, int depth) {
    if (depth > kDeepestModule) malformed("its modules are nested too deeply");
    // A class with a __getstate__ of its own has no attributes to walk.
    if (object.state == nullptr || object.state->kind != Kind::kDict) return;
    const std::vector<Value*>& attributes = object.state->items;
    for (size_t i = 0; i + 1 < attributes.size(); i += 2) {
      if (++visits_ > kMostVisits) malformed("it has too many modules");
      const Value& value = *attributes[i + 1];
      if (value.kind != Kind::kTensor && value.kind != Kind::kObject) continue;
      if (attributes[i]->kind != Kind::kString) malformed("an attribute's name is no string");
      const std::string name = prefix + attributes[i]->text;
      if (value.kind == Kind::kTensor) {
        named_.emplace_back(name, value.tensor.get());
      } else {
        visit(value, name + ".", depth + 1);
      }
    }
  }

 private:
  NamedViews& named_;
  size_t visits_ = 0;
};

}  // namespace

NamedViews state_dict_tensors(const Value& root) {
  if (root.kind != Kind::kDict) {
    malformed("it holds no state dict; save model.state_dict() with torch.save");
  }
  const Value* dict = &root;
  for (const char* name : {"state_dict", "model"}) {
    const Value* inner = member(root, name);
    if (inner != nullptr && inner->kind == Kind::kDict) {
      dict = inner;
      break;
    }
  }
  NamedViews named;
  for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
    const Value& value = *dict->items[i + 1];
    if (value.kind != Kind::kTensor) continue;
    if (dict->items[i]->kind != Kind::kString) malformed("a tensor's name is no string");
    named.emplace_back(dict->items[i]->text, value.tensor.get());
  }
  if (named.empty()) malformed("its dictionary holds no tensors");
  strip_data_parallel(named);
  check_names(named);
  return named;
}

NamedViews script_tensors(const Value& root) {
  if (root.kind != Kind::kObject) malformed("it holds no TorchScript module");
  NamedViews named;
  ScriptWalk(named).visit(root, "", 0);
  if (named.empty()) {
    malformed(
        "its TorchScript module has no parameters: it was frozen, which takes their names away; "
        "save it before torch.jit.freeze");
  }
  check_names(named);
  return named;
}

}  // namespace thaw::weights
