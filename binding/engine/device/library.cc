#include "engine/device/library.h"

#include <dlfcn.h>

namespace thaw::device {

bool load_library(const std::string& library, std::initializer_list<WantedFunction> wanted,
                  std::string& reason) {
  void* const opened = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    reason = dlerror();
    return false;
  }
  for (const WantedFunction& each : wanted) {
    *each.function = dlsym(opened, each.name);
    if (*each.function) continue;
    reason = library + " has no " + each.name;
    dlclose(opened);
    return false;
  }
  return true;
}

}  // namespace thaw::device
