// Keeps freed tensor memory for the next tensor of about the same size while a run is under way.
//
// A training step frees and allocates the same large activations again and again. The C library
// gives such blocks back to the system, which then has to clear every page anew.
#pragma once

#include <memory>

namespace thaw::device {

// While at least one of these lives, large blocks are kept when they are freed; when the last one
// is destroyed, all go back to the system. Any thread.
std::shared_ptr<void> keep_host_memory();

}  // namespace thaw::device
