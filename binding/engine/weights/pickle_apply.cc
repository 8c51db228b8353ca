#include "engine/weights/pickle_apply.h"

#include <limits>

#include "engine/weights/malformed.h"
#include "engine/weights/shape.h"

namespace thaw::weights::pickle {
namespace {

constexpr size_t kLongestKey = 256;  // "17", or an address in digits

const Value& argument(const Value& arguments, size_t index, Kind kind) {
  if (index >= arguments.items.size() || arguments.items[index]->kind != kind) {
    malformed("a function in its pickle has unexpected arguments");
  }
  return *arguments.items[index];
}

std::vector<int64_t> integers(const Value& tuple) {
  std::vector<int64_t> numbers;
  if (tuple.items.size() > kMostDimensions) malformed("a tensor has too many dimensions");
  for (const Value* item : tuple.items) {
    if (item->kind != Kind::kInt) malformed("a tensor's shape is not made of whole numbers");
    numbers.push_back(item->integer);
  }
  return numbers;
}

// PyTorch notes there that a tensor's stored numbers are to be conjugated or negated.
void check_metadata(const Value& arguments, size_t index) {
  if (index >= arguments.items.size()) return;
  const Value& metadata = *arguments.items[index];
  if (metadata.kind == Kind::kNone) return;
  if (metadata.kind != Kind::kDict || !metadata.items.empty()) {
    malformed("a tensor carries metadata that is not known here");
  }
}

Value* rebuild_tensor(Pickle& into, Role role, const Value& arguments) {
  const StorageWindow& window = argument(arguments, 0, Kind::kStorage).window;
  at::ScalarType dtype = window.storage->dtype;
  if (role == Role::kTensor2) check_metadata(arguments, 6);
  if (role == Role::kTensor3) {
    const Global& named = argument(arguments, 6, Kind::kGlobal).global;
    if (named.role != Role::kDtype) malformed("a tensor's dtype is no dtype");
    // Another view of typed elements would be a cast that torch.save never writes.
    if (named.dtype != dtype && dtype != at::kByte) malformed("a tensor contradicts its storage");
    dtype = named.dtype;
    check_metadata(arguments, 7);
  }
  Value* value = make(into, Kind::kTensor);
  value->tensor = std::make_unique<TensorView>(
      checked_view(window, dtype, argument(arguments, 1, Kind::kInt).integer,
                   integers(argument(arguments, 2, Kind::kTuple)),
                   integers(argument(arguments, 3, Kind::kTuple))));
  return value;
}

// Python 3 calls it without arguments and adds the items afterwards; Python 2 gave a list of pairs,
// and Counter gives a dict.
Value* rebuild_dict(Pickle& into, const Value& arguments) {
  if (arguments.items.empty()) return make(into, Kind::kDict);
  const Value& given = *arguments.items[0];
  if (given.kind == Kind::kDict) return arguments.items[0];
  if (given.kind != Kind::kList) malformed("a dictionary in its pickle has unexpected arguments");
  // The same long list could be asked for a million times.
  into.copied += given.items.size();
  if (into.copied > kMostValues) malformed("its pickle copies too many values");
  Value* dict = make(into, Kind::kDict);
  for (const Value* pair : given.items) {
    const bool usable =
        (pair->kind == Kind::kList || pair->kind == Kind::kTuple) && pair->items.size() == 2;
    if (!usable) malformed("a dictionary in its pickle is not made of pairs");
    dict->items.insert(dict->items.end(), pair->items.begin(), pair->items.end());
  }
  return dict;
}

}  // namespace

Value* make(Pickle& into, Kind kind) {
  if (into.values.size() >= kMostValues) malformed("its pickle holds too many values");
  Value& value = into.values.emplace_back();
  value.kind = kind;
  return &value;
}

Value* apply(Pickle& into, const Value& function, const Value& arguments) {
  if (function.kind != Kind::kGlobal || arguments.kind != Kind::kTuple) {
    malformed("its pickle calls something that is no function");
  }
  const Role role = function.global.role;
  switch (role) {
    case Role::kTensor1:
    case Role::kTensor2:
    case Role::kTensor3:
      return rebuild_tensor(into, role, arguments);
    case Role::kParameter:
      (void)argument(arguments, 0, Kind::kTensor);
      return arguments.items[0];
    case Role::kFromType: {
      const Value& inner = argument(arguments, 0, Kind::kGlobal);
      // Itself again would be recursion as deep as the file likes.
      if (inner.global.role == Role::kFromType) malformed("a tensor's type is nested");
      return apply(into, inner, argument(arguments, 2, Kind::kTuple));
    }
    case Role::kDict:
      return rebuild_dict(into, arguments);
    case Role::kFirstArgument:
      if (arguments.items.empty()) return make(into, Kind::kTuple);
      return arguments.items[0];
    case Role::kScriptClass:  // an enumeration's member
    case Role::kOther:
      return make(into, Kind::kOther);
    case Role::kDtype:
    case Role::kStorageClass:
      break;
  }
  malformed("its pickle calls a type that cannot be called");
}

Value* storage_of(Pickle& into, const Value& id) {
  if (id.kind != Kind::kTuple || argument(id, 0, Kind::kString).text != "storage") {
    malformed("its pickle refers to something outside that is no storage");
  }
  const Global& type = argument(id, 1, Kind::kGlobal).global;
  const std::string& key = argument(id, 2, Kind::kString).text;
  // One long key could be asked for again and again.
  if (key.size() > kLongestKey) malformed("the name of a storage is too long");
  const int64_t elements = argument(id, 4, Kind::kInt).integer;
  if (type.role != Role::kStorageClass) malformed("a storage's class is no storage class");
  const auto bytes = byte_count(elements, c10::elementSize(type.dtype));
  if (!bytes || *bytes > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    malformed("storage '", printable(key), "' has an impossible size");
  }
  const auto [at, added] =
      into.storages.try_emplace(key, Storage{key, type.dtype, elements, *bytes});
  const Storage& storage = at->second;
  if (!added && (storage.dtype != type.dtype || storage.elements != elements)) {
    malformed("storage '", printable(key), "' is described in two ways");
  }
  Value* value = make(into, Kind::kStorage);
  value->window = {&storage, 0, elements};
  if (id.items.size() > 5 && id.items[5]->kind != Kind::kNone) {
    const Value& view = argument(id, 5, Kind::kTuple);  // (key, offset, elements)
    const int64_t first = argument(view, 1, Kind::kInt).integer;
    const int64_t count = argument(view, 2, Kind::kInt).integer;
    if (first < 0 || count < 0 || first > elements || count > elements - first) {
      malformed("a part of storage '", printable(key), "' reaches beyond it");
    }
    value->window = {&storage, first, count};
  }
  return value;
}

}  // namespace thaw::weights::pickle
