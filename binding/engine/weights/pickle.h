// A pickle read as data. Python's pickle is a program that builds objects by calling functions;
// this reader knows the few functions that torch.save and torch.jit.save need (pickle_globals.h)
// and does their work itself. It calls nothing, and refuses every other name.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/weights/byte_source.h"
#include "engine/weights/pickle_globals.h"
#include "engine/weights/storage.h"

namespace thaw::weights::pickle {

// ResNet-50 with its optimizer needs about 20 000; a value takes some 200 bytes of memory.
constexpr size_t kMostValues = 1 << 18;

enum class Kind {
  kNone,
  kBool,
  kInt,
  kLong,  // an integer beyond int64
  kString,
  kBytes,
  kTuple,
  kList,
  kDict,
  kGlobal,  // an allowed function or class, not yet applied
  kObject,  // an instance of a TorchScript class
  kStorage,
  kTensor,
  kOther,  // something that no weight depends on: a float, a device, a set
};

struct Value {
  Kind kind = Kind::kNone;
  int64_t integer = 0;                 // kBool, kInt
  std::string text;                    // kString, kBytes; kLong: two's complement, little-endian
  std::vector<Value*> items;           // kTuple, kList; kDict: key, value, key, value ...
  Value* state = nullptr;              // kObject: what BUILD gave it, or null
  Global global;                       // kGlobal
  StorageWindow window = {};           // kStorage
  std::unique_ptr<TensorView> tensor;  // kTensor
};

// Owns everything that its values point to; cycles are possible, so nothing else could.
struct Pickle {
  Value* root = nullptr;
  std::deque<Value> values;
  std::map<std::string, Storage> storages;  // by key
  size_t copied = 0;                        // values copied from one container to another
};

// One pickle, up to its STOP. Throws ERR_WEIGHTS_FORMAT.
Pickle read(ByteSource& source, Dialect dialect);

}  // namespace thaw::weights::pickle
