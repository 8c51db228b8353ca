#include "engine/notice.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <mutex>
#include <set>

namespace thaw {

void notice(const std::string& message) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  if (said.insert(message).second) std::fprintf(stderr, "thaw: %s\n", message.c_str());
}

std::string reason(const std::exception& error) {
  const auto* libtorch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = libtorch ? libtorch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace thaw
