#include "engine/notice.h"

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

}  // namespace thaw
