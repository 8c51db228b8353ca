// Why something failed that others threw (libtorch, the standard library), as a clause for a
// sentence of ours: one line, without a full stop, without libtorch's backtrace.
#pragma once

#include <exception>
#include <string>

namespace thaw {

std::string reason(const std::exception& error);

// The host's memory was too small, whoever noticed.
bool host_memory_is_full(const std::exception& error);

}  // namespace thaw
