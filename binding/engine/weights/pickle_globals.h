// The allow-list: every module-level name that a pickle may mention, and what it means here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/torch.h"

namespace thaw::weights::pickle {

// TorchScript archives name their classes `__torch__.…`; a state dict has no business with those.
enum class Dialect { kStateDict, kTorchScript };

enum class Role {
  kTensor1,        // torch._utils._rebuild_tensor(storage, offset, size, stride)
  kTensor2,        // ..._v2(storage, offset, size, stride, requires_grad, hooks[, metadata])
  kTensor3,        // ..._v3(storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])
  kParameter,      // the tensor that is its first argument
  kFromType,       // torch._tensor._rebuild_from_type_v2(function, type, arguments, state)
  kDict,           // collections.OrderedDict, Counter
  kFirstArgument,  // torch.Size, and TorchScript's typed lists
  kDtype,
  kStorageClass,
  kScriptClass,  // an instance is its attributes
  kOther,        // harmless, and no weight depends on it
};

struct Global {
  Role role = Role::kOther;
  at::ScalarType dtype = at::kByte;  // kDtype, kStorageClass; an untyped storage is made of bytes
};

// Nothing for a name that is not allowed.
std::optional<Global> find_global(const std::string& module, const std::string& name,
                                  Dialect dialect);

// torch.<class> of a storage of such elements; empty where PyTorch has none.
std::string_view storage_class(at::ScalarType dtype);

}  // namespace thaw::weights::pickle
