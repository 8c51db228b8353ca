// Tells damage, not forgery, at the speed of memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace thaw {

// Of bytes in order; another seed is another function. A change within any eight aligned bytes
// always changes it, and any other change all but surely does.
uint64_t checksum(const void* bytes, size_t size, uint64_t seed = 0);

// The same before it is folded to one number: for what contents are told apart by.
std::array<uint64_t, 4> checksum_lanes(const void* bytes, size_t size, uint64_t seed = 0);

}  // namespace thaw
