// What a run should know and no caller can act on, such as a faster way that is not to be had here.
#pragma once

#include <string>

namespace thaw {

// One line on standard error; the same line is said once in a process. Any thread.
void notice(const std::string& message);

}  // namespace thaw
