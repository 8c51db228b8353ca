#include "engine/weights/named_tensors.h"

#include <unordered_set>

#include "engine/weights/malformed.h"

namespace thaw::weights {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr int kDeepestModule = 64;
// A module may appear under two names, so a small file could describe 2^60 of them.
constexpr size_t kMostVisits = 1 << 18;

// The same long name could be given to a million tensors, or a million modules on the way to one.
constexpr size_t kLongestName = 1024;
constexpr int kDeepestCheckpoint = 4;

// Where checkpoints keep the weights that were trained; averages of them only where there is
// nothing else.
constexpr std::string_view kNests[] = {
    "state_dict", "model_state_dict", "model",     "network",        "net", "module",
    "weights",    "state_dict_ema",   "model_ema", "ema_state_dict", "ema",
};

const Value* member(const Value& dict, std::string_view name) {
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const Value* key = dict.items[i];
    if (key->kind == Kind::kString && key->text == name) return dict.items[i + 1];
  }
  return nullptr;
}

bool holds_tensors(const Value& dict) {
  for (size_t i = 1; i < dict.items.size(); i += 2) {
    if (dict.items[i]->kind == Kind::kTensor) return true;
  }
  return false;
}

// Before the dictionary itself, which may hold a tensor that is no weight: the best accuracy.
const Value* find_state_dict(const Value& dict, int depth) {
  for (const std::string_view nest : kNests) {
    const Value* inner = depth < kDeepestCheckpoint ? member(dict, nest) : nullptr;
    if (inner == nullptr || inner->kind != Kind::kDict) continue;
    if (const Value* found = find_state_dict(*inner, depth + 1)) return found;
  }
  return holds_tensors(dict) ? &dict : nullptr;
}

void add(NamedViews& named, const std::string& name, const Value& tensor) {
  if (name.size() > kLongestName) malformed("the name '", printable(name), "' is too long");
  named.emplace_back(name, tensor.tensor.get());
}

void check_names(const NamedViews& named) {
  std::unordered_set<std::string_view> names;
  for (const auto& [name, view] : named) {
    if (!names.insert(name).second) malformed("the name '", printable(name), "' is used twice");
  }
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
      const std::string& attribute = attributes[i]->text;
      if (attribute.size() > kLongestName) malformed("an attribute's name is too long");
      if (value.kind == Kind::kTensor) {
        add(named_, prefix + attribute, value);
      } else {
        visit(value, prefix + attribute + ".", depth + 1);
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
  const Value* dict = find_state_dict(root, 0);
  if (dict == nullptr) malformed("its dictionary holds no tensors");
  NamedViews named;
  for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
    const Value& value = *dict->items[i + 1];
    if (value.kind != Kind::kTensor) continue;
    if (dict->items[i]->kind != Kind::kString) malformed("a tensor's name is no string");
    add(named, dict->items[i]->text, value);
  }
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
