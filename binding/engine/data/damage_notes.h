// Images that are damaged and read all the same, as other libraries read them: counted, and told
// once.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "engine/data/dataset.h"

namespace thaw::data {

class DamageNotes {
 public:
  // An empty reason: none. Any thread.
  void found(int64_t sample, std::string reason);

  // One line, unless it has been said: how many, and the first.
  void tell(const Dataset& dataset) const;

 private:
  mutable std::mutex mutex_;
  std::map<int64_t, std::string> reasons_;  // by sample
};

}  // namespace thaw::data
