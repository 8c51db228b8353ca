// PyTorch's storages and the tensors that view them, as a pickle describes them: numbers only, no
// bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/state_dict.h"

namespace thaw::weights {

// A run of elements in the file. `data/<key>` in zip archives.
struct Storage {
  std::string key;
  at::ScalarType dtype;
  int64_t elements;
  uint64_t bytes;
};

// What a persistent id stands for: a storage, or (in files before PyTorch 0.4) a part of one.
struct StorageWindow {
  const Storage* storage;
  int64_t first;
  int64_t elements;
};

struct TensorView {
  const Storage* storage;
  at::ScalarType dtype;  // of the elements; another than the storage's for untyped storages
  int64_t offset;        // in elements of `dtype`, like the strides
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
};

// Throws ERR_WEIGHTS_FORMAT unless every element of the view lies in its window.
TensorView checked_view(const StorageWindow& window, at::ScalarType dtype, int64_t offset,
                        std::vector<int64_t> sizes, std::vector<int64_t> strides);

// Copies a storage's bytes to `to`, which has room for `storage.bytes`.
using StorageReader = std::function<void(const Storage& storage, void* to)>;

// Contiguous tensors with memory of their own, each storage read once. `file_size` bounds what
// views that overlap may grow to: a stride of 0 makes terabytes out of one element.
StateDict materialize(const std::vector<std::pair<std::string, const TensorView*>>& named,
                      const StorageReader& read, uint64_t file_size);

}  // namespace thaw::weights
