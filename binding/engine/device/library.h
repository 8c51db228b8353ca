// Shared libraries that are found when they are wanted: what they are for can be done without them.
#pragma once

#include <initializer_list>
#include <string>

namespace thaw::device {

struct WantedFunction {
  const char* name;
  void** function;
};

// Of a struct of function pointers that have their functions' names.
#define THAW_WANTED(api, name) \
  ::thaw::device::WantedFunction { #name, reinterpret_cast<void**>(&(api).name) }

// True where `library` can be loaded and has all of `wanted`, which then point into it: it stays
// loaded, as threads of its own and of CUDA may outlive its users. Else why not, in `reason`.
bool load_library(const std::string& library, std::initializer_list<WantedFunction> wanted,
                  std::string& reason);

}  // namespace thaw::device
