// Which files are no longer what a run read first, by their size and time of modification.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/fields.h"

namespace thaw::data {

struct ChangedImage {
  int64_t sample;
  std::string name;
  std::string reason;
};

void fields(auto& visit, Of<ChangedImage> auto& image) {
  visit("name", image.name);
  visit("reason", image.reason);
}

class FileStamps {
 public:
  // Of images in memory there is nothing to tell.
  explicit FileStamps(const Dataset& dataset);

  // The sample is about to be read. Any thread.
  void reading(int64_t sample);

  // Of the samples that were read.
  std::vector<ChangedImage> changed() const;

 private:
  struct Stamp {
    int64_t size = -1;     // -1: not read, or not there
    int64_t modified = 0;  // nanoseconds
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::string& path);

  const Dataset& dataset_;
  mutable std::mutex mutex_;
  std::vector<Stamp> first_;
};

}  // namespace thaw::data
