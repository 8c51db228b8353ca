#include "engine/data/jitter.h"

#include <utility>

namespace thaw::data {

namespace {

// ITU-R 601-2 luma in 16-bit fixed point, as Pillow's convert('L').
inline int luma(const uint8_t* rgb) {
  return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16;
}

// From `base` (factor 0) to `value` (factor 1) and beyond, truncated and clipped as Pillow's
// Image.blend.
inline uint8_t blend(int base, int value, float factor) {
  const float mixed = static_cast<float>(base) + factor * static_cast<float>(value - base);
  return mixed <= 0.0f ? 0 : mixed >= 255.0f ? 255 : static_cast<uint8_t>(mixed);
}

// The same change for each byte: of 256 values, however large the image.
void blend_all(int base, float factor, uint8_t* rgb, int64_t pixels) {
  std::array<uint8_t, 256> table;
  for (int value = 0; value < 256; ++value) table[value] = blend(base, value, factor);
  for (int64_t i = 0; i < pixels * 3; ++i) rgb[i] = table[rgb[i]];
}

int mean_luma(const uint8_t* rgb, int64_t pixels) {
  int64_t sum = 0;
  for (int64_t i = 0; i < pixels; ++i) sum += luma(rgb + 3 * i);
  return static_cast<int>(static_cast<double>(sum) / static_cast<double>(pixels) + 0.5);
}

void saturate(float factor, uint8_t* rgb, int64_t pixels) {
  for (int64_t i = 0; i < pixels; ++i, rgb += 3) {
    const int grey = luma(rgb);
    for (int c = 0; c < 3; ++c) rgb[c] = blend(grey, rgb[c], factor);
  }
}

}  // namespace

Jitter draw_jitter(double strength, Draws& draws) {
  Jitter jitter{{ColourChange::kBrightness, ColourChange::kContrast, ColourChange::kSaturation},
                {}};
  for (uint32_t i = 2; i > 0; --i) std::swap(jitter.order[i], jitter.order[draws.below(i + 1)]);
  for (float& factor : jitter.factors) {
    factor = static_cast<float>(draws.uniform(1.0 - strength, 1.0 + strength));
  }
  return jitter;
}

void apply_jitter(const Jitter& jitter, uint8_t* rgb, int64_t pixels) {
  for (ColourChange change : jitter.order) {
    const float factor = jitter.factors[static_cast<size_t>(change)];
    switch (change) {
      case ColourChange::kBrightness:
        blend_all(0, factor, rgb, pixels);
        break;
      case ColourChange::kContrast:
        blend_all(mean_luma(rgb, pixels), factor, rgb, pixels);
        break;
      case ColourChange::kSaturation:
        saturate(factor, rgb, pixels);
        break;
    }
  }
}

}  // namespace thaw::data
