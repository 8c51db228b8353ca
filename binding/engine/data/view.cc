#include "engine/data/view.h"

#include <algorithm>

#include "engine/data/resample.h"

namespace thaw::data {

namespace {

constexpr double kJitterStrength = 0.4;

void mirror(uint8_t* rgb, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; ++y, rgb += width * 3) {
    for (int64_t a = 0, b = width - 1; a < b; ++a, --b) {
      std::swap_ranges(rgb + 3 * a, rgb + 3 * a + 3, rgb + 3 * b);
    }
  }
}

}  // namespace

View draw_view(Size image, const Preprocessing& preprocessing, Augmentation augmentation,
               const DrawKey& key) {
  const Size target{preprocessing.height, preprocessing.width};
  Draws draws{Purpose::kAugment, key.seed, key.epoch, key.sample};
  View view;
  if (augmentation == Augmentation::kStandard) {
    view.part = random_part(image, draws);
    view.scaled = target;
    view.crop = {0, 0, target.height, target.width};
  } else {
    view.part = {0, 0, image.height, image.width};
    view.scaled = resized(image, preprocessing.resize, target);
    view.crop = central(view.scaled, target);
  }
  if (augmentation == Augmentation::kNone) return view;
  view.mirrored = draws.bits() & 1;
  if (augmentation == Augmentation::kStandard) view.jitter = draw_jitter(kJitterStrength, draws);
  return view;
}

void apply_view(const View& view, const PixelView& image, uint8_t* out) {
  resample(part(image, view.part), view.scaled, view.crop, out);
  if (view.mirrored) mirror(out, view.crop.height, view.crop.width);
  if (view.jitter) apply_jitter(*view.jitter, out, view.crop.height * view.crop.width);
}

}  // namespace thaw::data
