// Colour jitter in place, bit for bit as torchvision's ColorJitter on Pillow images.
#pragma once

#include <array>
#include <cstdint>

#include "engine/data/random.h"

namespace thaw::data {

enum class ColourChange { kBrightness, kContrast, kSaturation };

struct Jitter {
  std::array<ColourChange, 3> order;
  // By ColourChange: 0 is black, grey or colourless, 1 changes nothing.
  std::array<float, 3> factors;
};

// Factors in 1 - strength .. 1 + strength, in a random order.
Jitter draw_jitter(double strength, Draws& draws);

// `rgb` is [pixels, 3].
void apply_jitter(const Jitter& jitter, uint8_t* rgb, int64_t pixels);

}  // namespace thaw::data
