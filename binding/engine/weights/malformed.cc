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

std::string sentence_of(const c10::Error& error) {
  std::string text = error.what_without_backtrace();
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "libtorch refused it" : text;
}

}  // namespace thaw::weights
