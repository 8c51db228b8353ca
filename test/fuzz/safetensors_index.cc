#include "engine/weights/safetensors_index.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::refused_or_read(data, size, [](std::string_view bytes) {
    for (const auto& [shard, tensors] : thaw::weights::parse_index(bytes)) {
      const bool plain = shard.find('/') == std::string::npos && shard != ".." && !tensors.empty();
      if (!plain) std::abort();
    }
  });
}
