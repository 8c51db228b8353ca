// The checksum of a safetensors file: an entry of its metadata, over every byte of the file, names
// and metadata included, its own digits counted as zeros.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/files/digest.h"

namespace thaw::weights {

inline constexpr const char* kChecksumKey = "checksum";

class SafetensorsChecksum {
 public:
  // Its digits before they are known.
  static std::string zeros() { return std::string(kDigits, '0'); }

  // The place of the digits in a header; nullopt where it has none. The entry is the first, and is
  // known by where its digits stand: damage to its name does not hide it.
  static std::optional<size_t> place_in(std::string_view header) {
    constexpr std::string_view kBefore = "{\"__metadata__\":{\"", kBetween = "\":\"";
    const size_t place = kBefore.size() + std::string_view(kChecksumKey).size() + kBetween.size();
    if (!header.starts_with(kBefore) || header.size() < place + kDigits) return {};
    const auto digits = header.substr(place, kDigits);
    const bool all = digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return all ? std::optional(place) : std::nullopt;
  }

  // Of the header with its digits as zeros, then of each tensor in the order of their bytes.
  void header(const std::string& text) { all_ += digest(text); }
  void tensor(const void* bytes, size_t size) { all_ += fast_digest(bytes, size); }
  std::string digits() const { return digest(all_); }

  static constexpr size_t kDigits = 40;

 private:
  std::string all_;
};

}  // namespace thaw::weights
