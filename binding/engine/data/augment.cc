#include "engine/data/augment.h"

#include <algorithm>

#include "engine/data/geometry.h"
#include "engine/data/jitter.h"
#include "engine/data/resample.h"
#include "engine/error.h"

namespace thaw::data {

namespace {

constexpr double kJitterStrength = 0.4;

Draws draws_of(const DrawKey& key) { return {Purpose::kAugment, key.seed, key.epoch, key.sample}; }

void mirror(uint8_t* rgb, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; ++y, rgb += width * 3) {
    for (int64_t a = 0, b = width - 1; a < b; ++a, --b) {
      std::swap_ranges(rgb + 3 * a, rgb + 3 * a + 3, rgb + 3 * b);
    }
  }
}

PixelView view_of(const at::Tensor& image) {
  if (image.scalar_type() != at::kByte || image.dim() != 3 || image.size(2) != 3 ||
      !image.numel() || !image.is_contiguous() || !image.is_cpu()) {
    fail("ERR_INVALID_ARGUMENT", "Expected an image of uint8 [H, W, 3] in CPU memory but received ",
         image.toString(), " ", image.sizes(), ".");
  }
  return {image.const_data_ptr<uint8_t>(), image.size(0), image.size(1), image.size(1) * 3};
}

}  // namespace

void augment_into(const PixelView& image, const Preprocessing& preprocessing,
                  Augmentation augmentation, const DrawKey& key, uint8_t* out) {
  const Size size{image.height, image.width};
  const Size target{preprocessing.height, preprocessing.width};
  Draws draws = draws_of(key);
  if (augmentation == Augmentation::kStandard) {
    const Box box = random_part(size, draws);
    resample(part(image, box), target, {0, 0, target.height, target.width}, out);
  } else {
    const Size full = resized(size, preprocessing.resize, target);
    resample(image, full, central(full, target), out);
  }
  if (augmentation == Augmentation::kNone) return;
  if (draws.bits() & 1) mirror(out, target.height, target.width);
  if (augmentation == Augmentation::kStandard) {
    apply_jitter(draw_jitter(kJitterStrength, draws), out, target.height * target.width);
  }
}

int64_t needed_shorter_side(int64_t height, int64_t width, const Preprocessing& preprocessing,
                            Augmentation augmentation, const DrawKey& key) {
  const Size size{height, width};
  const Size target{preprocessing.height, preprocessing.width};
  const int64_t shorter = std::min(height, width);
  if (augmentation != Augmentation::kStandard) {
    const Size full = resized(size, preprocessing.resize, target);
    return std::min(full.height, full.width);
  }
  Draws draws = draws_of(key);
  const Box box = random_part(size, draws);
  // The whole image at the scale at which the crop is just as large as the network's input.
  const auto whole = [&](int64_t wanted, int64_t side) {
    return (shorter * wanted + side - 1) / side;
  };
  return std::max(whole(target.height, box.height), whole(target.width, box.width));
}

at::Tensor augment(const at::Tensor& image, const Preprocessing& preprocessing,
                   Augmentation augmentation, const DrawKey& key) {
  const PixelView view = view_of(image);
  at::Tensor out = at::empty({preprocessing.height, preprocessing.width, 3}, at::kByte);
  augment_into(view, preprocessing, augmentation, key, out.mutable_data_ptr<uint8_t>());
  return out;
}

at::Tensor resize_and_crop(const at::Tensor& image, const Preprocessing& preprocessing) {
  return augment(image, preprocessing, Augmentation::kNone, {0, 0, 0});
}

}  // namespace thaw::data
