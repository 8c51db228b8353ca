// What the readers share when a file is not as it should be. Inner readers say what is wrong in a
// clause; naming_the_file() makes a sentence of it, so that the path is known in one place only.
#pragma once

#include <c10/util/Exception.h>

#include <string>

#include "engine/error.h"
#include "engine/reason.h"

namespace thaw::weights {

template <typename... Parts>
[[noreturn]] void malformed(const Parts&... parts) {
  fail("ERR_WEIGHTS_FORMAT", parts...);
}

// Text out of a file, fit for a message: control characters and bytes beyond ASCII replaced, cut.
std::string printable(const std::string& text);

template <typename Read>
auto naming_the_file(const std::string& path, Read read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() != "ERR_WEIGHTS_FORMAT") throw;
    fail("ERR_WEIGHTS_FORMAT", "Cannot read weights from '", path, "': ", error.what(), ".");
  } catch (const c10::Error& error) {
    fail("ERR_WEIGHTS_FORMAT", "Cannot read weights from '", path, "': ", reason(error), ".");
  }
}

}  // namespace thaw::weights
