// What every target asks of its reader: any bytes are either read or refused as ERR_WEIGHTS_FORMAT.
// Whatever else is thrown (libtorch's errors, std::bad_alloc) is a finding, as are the sanitizers'.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/error.h"
#include "engine/state_dict.h"

namespace fuzz {

template <typename Read>
int refused_or_read(const uint8_t* data, size_t size, Read read) {
  try {
    read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const thaw::Error& error) {
    if (error.code() != "ERR_WEIGHTS_FORMAT") throw;
  }
  return 0;
}

// Tensors own their elements, all of them readable, and are not larger than a file of that size
// allows for.
inline void check(const thaw::StateDict& tensors, size_t file_size) {
  uint64_t bytes = 0;
  volatile uint8_t seen = 0;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.is_contiguous()) std::abort();
    bytes += tensor.nbytes();
    const auto* at = static_cast<const uint8_t*>(tensor.const_data_ptr());
    if (tensor.nbytes() > 0) seen = at[0] ^ at[tensor.nbytes() - 1];
  }
  (void)seen;
  if (bytes > 4 * file_size + (64 << 20)) std::abort();
}

}  // namespace fuzz
