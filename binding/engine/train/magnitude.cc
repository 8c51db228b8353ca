#include "engine/train/magnitude.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "engine/device/parallel.h"

namespace thaw::train {
namespace {

constexpr int64_t kBlock = 1 << 16;  // elements: below that, threads cost more than they spare

// Without its sign, a float's bits are an integer that grows with it, with NaN above infinity.
int32_t largest_bits(const int32_t* values, int64_t count) {
  int32_t largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, values[i] & 0x7fffffff);
  return largest;
}

}  // namespace

float largest_magnitude(const std::vector<at::Tensor>& tensors) {
  int32_t largest = 0;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor dense = tensor.is_non_overlapping_and_dense() ? tensor : tensor.contiguous();
    const auto* values = static_cast<const int32_t*>(dense.const_data_ptr());
    const int64_t count = dense.numel();
    if (count <= kBlock) {
      largest = std::max(largest, largest_bits(values, count));
      continue;
    }
    std::atomic<int32_t> shared = largest;
    device::parallel_ranges((count + kBlock - 1) / kBlock, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * kBlock, last = std::min(end * kBlock, count);
      const int32_t here = largest_bits(values + first, last - first);
      int32_t before = shared;
      while (here > before && !shared.compare_exchange_weak(before, here)) {
      }
    });
    largest = shared;
  }
  return std::bit_cast<float>(largest);
}

}  // namespace thaw::train
