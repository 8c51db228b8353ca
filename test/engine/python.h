// The Python of the peers: THAW_TEST_PYTHON, else python3.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>

namespace python {

inline std::string command() {
  const char* const named = std::getenv("THAW_TEST_PYTHON");
  return std::string("'") + (named != nullptr ? named : "python3") + "' -W ignore ";
}

// Says so where it does not.
inline bool has(const std::string& modules) {
  if (std::system((command() + "-c 'import " + modules + "' 2>/dev/null").c_str()) == 0)
    return true;
  std::cout << "skipped: no Python with " << modules << " (THAW_TEST_PYTHON)\n";
  return false;
}

}  // namespace python
