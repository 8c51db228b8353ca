#include "engine/weights/storage.h"

#include <unordered_map>

#include "engine/weights/malformed.h"
#include "engine/weights/raw_tensor.h"
#include "engine/weights/shape.h"

namespace thaw::weights {
namespace {

struct Shared {
  int64_t uses = 0;
  at::Tensor elements;  // read at the first use, dropped after the last one
};

// True where the tensor is its storage from the first element to the last one, in order.
bool is_whole(const TensorView& view, uint64_t bytes) {
  if (view.offset != 0 || bytes != view.storage->bytes) return false;
  int64_t expected = 1;
  for (size_t i = view.sizes.size(); i-- > 0;) {
    if (view.sizes[i] != 1 && view.strides[i] != expected) return false;
    expected *= view.sizes[i];
  }
  return true;
}

uint64_t bytes_of(const TensorView& view) {
  return *byte_count(*element_count(view.sizes), c10::elementSize(view.dtype));
}

}  // namespace

TensorView checked_view(const StorageWindow& window, at::ScalarType dtype, int64_t offset,
                        std::vector<int64_t> sizes, std::vector<int64_t> strides) {
  const auto count = element_count(sizes);
  if (!count || !byte_count(*count, c10::elementSize(dtype)) || sizes.size() != strides.size()) {
    malformed("a tensor has an impossible shape");
  }
  const int64_t element_size = static_cast<int64_t>(c10::elementSize(dtype));
  const int64_t storage_size = static_cast<int64_t>(c10::elementSize(window.storage->dtype));
  // Windows into storages of another type exist only for untyped storages, which count bytes.
  const int64_t available = window.elements * storage_size / element_size;
  const int64_t first = window.first * storage_size / element_size;
  int64_t last = offset;
  bool possible = offset >= 0 && offset <= available;
  for (size_t i = 0; i < sizes.size(); ++i) {
    int64_t reach = 0;
    possible = possible && strides[i] >= 0;
    if (*count == 0) continue;
    possible = possible && !__builtin_mul_overflow(sizes[i] - 1, strides[i], &reach) &&
               !__builtin_add_overflow(last, reach, &last);
  }
  if (!possible || (*count > 0 && last >= available)) {
    malformed("a tensor reaches beyond its storage '", printable(window.storage->key), "'");
  }
  return {window.storage, dtype, first + offset, std::move(sizes), std::move(strides)};
}

StateDict materialize(const std::vector<std::pair<std::string, const TensorView*>>& named,
                      const StorageReader& read, uint64_t file_size) {
  std::unordered_map<const Storage*, Shared> storages;
  const uint64_t allowed = 4 * file_size + (uint64_t{64} << 20);
  uint64_t total = 0;
  uint64_t stored = 0;
  for (const auto& [name, view] : named) {
    if (++storages[view->storage].uses == 1 &&
        (__builtin_add_overflow(stored, view->storage->bytes, &stored) || stored > file_size)) {
      malformed("storage '", printable(view->storage->key), "' of ", view->storage->bytes,
                " bytes is more than the file holds (truncated?)");
    }
    if (__builtin_add_overflow(total, bytes_of(*view), &total) || total > allowed) {
      malformed("its tensors repeat their elements up to more than ", allowed, " bytes");
    }
  }

  StateDict tensors;
  for (const auto& [name, view] : named) {
    Shared& shared = storages[view->storage];
    const bool alone = shared.uses == 1 && !shared.elements.defined();
    at::Tensor tensor;
    if (alone && is_whole(*view, bytes_of(*view))) {
      tensor = at::empty(view->sizes, view->dtype);
      read(*view->storage, tensor.data_ptr());
    } else if (*element_count(view->sizes) == 0) {
      tensor = at::empty(view->sizes, view->dtype);
    } else {
      if (!shared.elements.defined()) {
        shared.elements = at::empty({view->storage->elements}, view->storage->dtype);
        read(*view->storage, shared.elements.data_ptr());
        normalize_bools(shared.elements);
      }
      at::Tensor elements = shared.elements;
      if (view->dtype != view->storage->dtype) {
        // Bytes at the end that fill no element belong to no tensor.
        const int64_t size = static_cast<int64_t>(c10::elementSize(view->dtype));
        elements = elements.narrow(0, 0, elements.numel() / size * size).view(view->dtype);
      }
      tensor = elements.as_strided(view->sizes, view->strides, view->offset)
                   .clone(at::MemoryFormat::Contiguous);
    }
    if (--shared.uses == 0) shared.elements.reset();
    normalize_bools(tensor);
    tensors.emplace_back(name, std::move(tensor));
  }
  return tensors;
}

}  // namespace thaw::weights
