#pragma once

#include <cstdint>
#include <string>

#include "engine/fields.h"

namespace thaw::features {

// Where the features at the freeze boundary may be kept from epoch to epoch.
struct CacheOptions {
  enum class Mode {
    kOff,
    kAuto,  // in memory within the limit, else in a file, else not at all
    kDisk,  // in a file, for other runs to find
  };
  Mode mode = Mode::kAuto;
  int64_t memory = int64_t{1} << 30;  // bytes of the host's memory that it may take
  std::string directory;              // of the files; empty: no files
};

constexpr auto names(CacheOptions::Mode) {
  using Mode = CacheOptions::Mode;
  return std::to_array<Name<Mode>>(
      {{Mode::kOff, "off"}, {Mode::kAuto, "auto"}, {Mode::kDisk, "disk"}});
}

void fields(auto& visit, Of<CacheOptions> auto& options) {
  visit("mode", options.mode);
  visit("memory", options.memory);
  visit("directory", options.directory);
}

}  // namespace thaw::features
