// Arithmetic on shapes that come out of a file, where no product may overflow.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace thaw::weights {

constexpr size_t kMostDimensions = 16;

// The number of elements; nothing for a negative size, too many dimensions, or a product beyond
// int64. Sizes of zero count as one for the overflow, since strides are computed that way.
inline std::optional<int64_t> element_count(const std::vector<int64_t>& sizes) {
  if (sizes.size() > kMostDimensions) return std::nullopt;
  int64_t product = 1;
  bool empty = false;
  for (const int64_t size : sizes) {
    if (size < 0) return std::nullopt;
    empty = empty || size == 0;
    if (size > 0 && __builtin_mul_overflow(product, size, &product)) return std::nullopt;
  }
  return empty ? 0 : product;
}

inline std::optional<uint64_t> byte_count(int64_t elements, size_t element_size) {
  uint64_t bytes = 0;
  if (elements < 0 ||
      __builtin_mul_overflow(static_cast<uint64_t>(elements), uint64_t{element_size}, &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace thaw::weights
