// Work in parallel on the processor, on the threads that libtorch computes with.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace thaw::device {

// Calls body(begin, end) with ranges that together are [0, count), some of them at the same time.
// `body` uses no tensors, only their memory, and does not throw.
void parallel_ranges(int64_t count, c10::function_ref<void(int64_t begin, int64_t end)> body);

}  // namespace thaw::device
