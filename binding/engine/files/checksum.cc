#include "engine/files/checksum.h"

#include <array>
#include <bit>
#include <cstring>

namespace thaw {
namespace {

// Each step maps its lane one-to-one for a given word, and the word for a given lane: what differs
// in one word can no longer become the same. Of the two factors, the second makes the difference
// depend on all bits before, so that no few bits elsewhere undo it.
uint64_t stir(uint64_t lane, uint64_t word) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;  // 2^64 over the golden ratio, odd
  constexpr uint64_t kPi = 0xc90fdaa22168c235ULL;      // pi * 2^62, odd
  return std::rotl(lane + word * kGolden, 31) * kPi;
}

}  // namespace

// Four lanes, since each multiplication waits for the one before.
std::array<uint64_t, 4> checksum_lanes(const void* bytes, size_t size, uint64_t seed) {
  std::array<uint64_t, 4> lanes = {seed, 1, 2, size}, words{};
  const auto* at = static_cast<const char*>(bytes);
  size_t left = size;
  for (; left >= sizeof words; left -= sizeof words, at += sizeof words) {
    std::memcpy(words.data(), at, sizeof words);
    for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = stir(lanes[i], words[i]);
  }
  words = {};
  if (left > 0) std::memcpy(words.data(), at, left);  // of nothing there may be no address
  for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = stir(lanes[i], words[i]);
  return lanes;
}

uint64_t checksum(const void* bytes, size_t size, uint64_t seed) {
  uint64_t all = seed;
  for (const uint64_t lane : checksum_lanes(bytes, size, seed)) all = stir(all, lane);
  return all ^ all >> 32;
}

}  // namespace thaw
