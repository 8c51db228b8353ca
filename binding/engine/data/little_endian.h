// Numbers of a file whose lowest byte comes first.
#pragma once

#include <cstdint>
#include <span>

namespace thaw::data {

// Zero beyond the end: what must be there is checked by whoever needs it.
class LittleEndian {
 public:
  explicit LittleEndian(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint32_t number(size_t offset, int width) const {
    uint32_t value = 0;
    for (int i = 0; i < width && offset + i < bytes_.size(); ++i) {
      value |= uint32_t{bytes_[offset + i]} << 8 * i;
    }
    return value;
  }

  size_t size() const { return bytes_.size(); }
  const uint8_t* at(size_t offset) const { return bytes_.data() + offset; }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace thaw::data
