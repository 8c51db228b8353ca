// Bytes read one after the other, from memory or from a file.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "engine/weights/malformed.h"

namespace thaw::weights {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Exactly `size` bytes. Throws ERR_WEIGHTS_FORMAT if there are fewer.
  virtual void read(void* to, uint64_t size) = 0;

  // What is left: a length found in the data is compared with it before anything is allocated.
  virtual uint64_t remaining() const = 0;
};

class MemorySource final : public ByteSource {
 public:
  // Borrows the bytes.
  MemorySource(const void* data, uint64_t size)
      : at_(static_cast<const char*>(data)), remaining_(size) {}

  void read(void* to, uint64_t size) override {
    if (size > remaining_) malformed("it ends in the middle of its data (truncated?)");
    if (size == 0) return;
    std::memcpy(to, at_, size);
    at_ += size;
    remaining_ -= size;
  }

  uint64_t remaining() const override { return remaining_; }

 private:
  const char* at_;
  uint64_t remaining_;
};

}  // namespace thaw::weights
