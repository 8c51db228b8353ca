#include "engine/weights/malformed.h"

namespace thaw::weights {

std::string printable(const std::string& text) {
  constexpr size_t kLongest = 120;
  std::string shown = text.substr(0, kLongest);
  for (char& c : shown) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return text.size() > kLongest ? shown + "..." : shown;
}

}  // namespace thaw::weights
