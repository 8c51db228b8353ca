// Random numbers without state: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). A draw is a function of a key and a counter, so that it
// depends neither on threads nor on what was drawn before for other samples.
#pragma once

#include <array>
#include <cstdint>

namespace thaw::data {

using PhiloxBlock = std::array<uint32_t, 4>;

inline PhiloxBlock philox4x32(PhiloxBlock counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// What the draws of one stream are for; streams of different purposes never meet.
enum class Purpose : uint32_t { kOrder = 1, kAugment = 2 };

// The draws of (seed, epoch, sample), in order.
class Draws {
 public:
  Draws(Purpose purpose, uint64_t seed, uint64_t epoch, uint64_t sample)
      // 32 bits of the epoch and 56 of the sample are as many as anyone will use.
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        counter_{0, static_cast<uint32_t>(epoch), static_cast<uint32_t>(sample),
                 (static_cast<uint32_t>(sample >> 32) & 0xFFFFFF) | static_cast<uint32_t>(purpose)
                                                                        << 24} {}

  uint32_t bits() {
    if (used_ == 4) {
      block_ = philox4x32(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  // In [low, high).
  double uniform(double low, double high) { return low + (high - low) * bits() * 0x1p-32; }

  // In 0 .. bound-1, without bias (Lemire: "Fast random integer generation in an interval", 2019).
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t{bits()} * bound;
    const uint32_t threshold = -bound % bound;
    while (static_cast<uint32_t>(product) < threshold) product = uint64_t{bits()} * bound;
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  std::array<uint32_t, 2> key_;
  PhiloxBlock counter_;
  PhiloxBlock block_{};
  int used_ = 4;
};

}  // namespace thaw::data
